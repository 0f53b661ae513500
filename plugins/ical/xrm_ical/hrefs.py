"""Names of things on a server. Servers write the same path in several ways (RFC 3986 §6.2): `@` or `%40`, with or
without host, even with the host behind their proxy. Only the path counts, in one way of writing it."""

from __future__ import annotations

from urllib.parse import quote_from_bytes, unquote_to_bytes, urljoin, urlsplit

SAFE = "!$&'()*+,=:@~"
"""What a segment of a path may hold as it is (RFC 3986 §3.3), beside letters, digits and `-._`; the semicolon is left
out, for `urljoin` takes it for something else."""


def normal_path(href: str, base: str = "/") -> str:
    """The path of `href`, which `base` refers to, with every character written in one way. Raises `ValueError`."""
    told = href.strip()
    path = urlsplit(told if told.startswith("/") else urljoin(base, told)).path or "/"
    return "/".join(quote_from_bytes(unquote_to_bytes(segment), safe=SAFE) for segment in path.split("/"))


def collection_path(href: str, base: str = "/") -> str:
    """The same for a collection, which ends with a slash (RFC 4918 §5.2) even if a server forgets it."""
    path = normal_path(href, base)
    return path if path.endswith("/") else f"{path}/"


def is_member(path: str, collection: str) -> bool:
    """Whether `path` is something right in `collection`, and no collection itself."""
    name = path.removeprefix(collection)
    return name != path and name not in {"", ".", ".."} and "/" not in name
