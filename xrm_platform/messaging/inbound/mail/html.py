"""The HTML of a mail: as text, and as HTML that may be shown. What strangers write is cleaned by nh3. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from html.parser import HTMLParser
from urllib.parse import unquote

import nh3

ImageUrl = Callable[[str], str | None]
"""From a Content-ID to where its image is found."""

_TAGS = frozenset(nh3.ALLOWED_TAGS) - {"area", "map"} | {"font", "tfoot"}
_ATTRIBUTES = {
    "*": {"align", "bgcolor", "dir", "height", "lang", "style", "title", "valign", "width"},
    "a": {"href"},
    "font": {"color", "face", "size"},
    "img": {"alt", "border", "src"},
    "ol": {"start", "type"},
    "table": {"border", "cellpadding", "cellspacing"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
}
_STYLES = frozenset(
    {
        "background-color",
        "border",
        "border-bottom",
        "border-collapse",
        "border-color",
        "border-left",
        "border-right",
        "border-spacing",
        "border-style",
        "border-top",
        "border-width",
        "color",
        "direction",
        "font",
        "font-family",
        "font-size",
        "font-style",
        "font-weight",
        "height",
        "letter-spacing",
        "line-height",
        "list-style-type",
        "margin",
        "margin-bottom",
        "margin-left",
        "margin-right",
        "margin-top",
        "max-width",
        "min-width",
        "padding",
        "padding-bottom",
        "padding-left",
        "padding-right",
        "padding-top",
        "text-align",
        "text-decoration",
        "text-indent",
        "text-transform",
        "vertical-align",
        "white-space",
        "width",
    }
)
"""No position, no background image: nothing lies over the page, nothing is fetched."""

_TRICK = re.compile(r"(?:^|[\s:(,])-\s*[\d.]|(?<!rgb)(?<!rgba)(?<!hsl)(?<!hsla)\(", re.IGNORECASE)
"""What moves an element out of its place, and functions but for colours: nothing that a mail needs."""

_UNSEEN = {"script", "style", "title", "head"}
_LINK = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_EMBEDDED = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,", re.IGNORECASE)
_BREAKS = frozenset(
    {
        "br",
        "div",
        "dd",
        "dl",
        "dt",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "ol",
        "p",
        "pre",
        "table",
        "tr",
        "ul",
        "blockquote",
    }
)

MAX_DEPTH = 300
"""How deep elements may be nested. The time that it takes to clean them grows with the square of that: 200,000 take ten
minutes. Nobody writes so; what is deeper is shown as text."""

MAX_ENTITIES = 100_000
"""Ampersands: the time grows with the square of their number in one text. A million take twenty seconds."""

MAX_ATTRIBUTES = 40_000
"""Of one element, counted roughly: likewise. 120,000 take three seconds; a picture within the HTML seems to have some
thousands."""

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_TAG_START = re.compile(r"<[a-zA-Z]")
_SEPARATOR = re.compile(r"[\s/]+")
_NOT_NESTED = frozenset(
    {
        "area",
        "base",
        "br",
        "col",
        "dd",
        "dt",
        "embed",
        "hr",
        "img",
        "input",
        "li",
        "link",
        "meta",
        "option",
        "p",
        "param",
        "source",
        "tbody",
        "td",
        "tfoot",
        "th",
        "thead",
        "tr",
        "track",
        "wbr",
    }
)
"""Elements without an end, and those that the next of their kind ends."""


@dataclass(frozen=True, slots=True)
class ShownHtml:
    """`remote_content` says that images from elsewhere were left out, which would tell their sender who reads."""

    html: str
    remote_content: bool


def shown_html(html: str, image_url: ImageUrl, *, remote: bool) -> ShownHtml:
    """HTML that may stand in a page: no script, no form, no style that reaches out of it; images of the mail itself by
    `image_url`, those from elsewhere only with `remote`."""
    if _too_odd(html):
        return ShownHtml(f"<pre>{escape(html_as_text(html))}</pre>", remote_content=False)
    left_out = False

    def keep(tag: str, attribute: str, value: str) -> str | None:
        nonlocal left_out
        if (tag, attribute) != ("img", "src"):
            return _kept(attribute, value)
        value = value.strip()
        if value[:4].lower() == "cid:":
            return image_url(value[4:]) or image_url(unquote(value[4:]))  # RFC 2392 §2
        if _EMBEDDED.match(value):
            return value
        if value[:5].lower() not in {"http:", "https"}:
            return None
        left_out = left_out or not remote
        return value if remote else None

    cleaned = nh3.clean(
        html,
        tags=set(_TAGS),
        clean_content_tags=_UNSEEN - {"head"},
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=keep,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        filter_style_properties=set(_STYLES),
        link_rel="noopener noreferrer nofollow",
    )
    return ShownHtml(cleaned, left_out)


def _kept(attribute: str, value: str) -> str | None:
    """What is left of an attribute that fetches nothing by itself."""
    if attribute == "style":
        return ";".join(one for one in value.split(";") if not _TRICK.search(one)) or None
    return value if attribute != "href" or _LINK.match(value) else None


def html_as_text(html: str) -> str:
    """What the HTML says, in lines. Cleaned first: the parser of the standard library is slow on what is malformed."""
    if _too_odd(html):
        return re.sub(r"<[^<>]*>", " ", html).strip()
    reader = _Reader()
    reader.feed(nh3.clean(html, tags=set(_TAGS) - {"img"}, attributes={"a": {"href"}}, link_rel=None))
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "\n".join(line.strip() for line in "".join(reader.said).splitlines())).strip()


def _too_odd(html: str) -> bool:
    """Whether cleaning it would take time that nobody has."""
    return html.count("&") > MAX_ENTITIES or _too_deep(html) or _too_many_attributes(html)


def _too_deep(html: str) -> bool:
    depth = 0
    for closing, name in _TAG.findall(html):
        if name.lower() not in _NOT_NESTED:
            depth = max(0, depth - 1) if closing else depth + 1
            if depth > MAX_DEPTH:
                return True
    return False


def _too_many_attributes(html: str) -> bool:
    for piece in html.split(">"):
        start = _TAG_START.search(piece) if len(piece) > MAX_ATTRIBUTES else None
        if start and len(_SEPARATOR.findall(piece, start.start())) > MAX_ATTRIBUTES:
            return True
    return False


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said: list[str] = []
        self._link = ""
        self._start = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKS:
            self.said.append("\n- " if tag == "li" else "\n")
        elif tag == "a":
            self._link = dict(attrs).get("href") or ""
            self._start = len(self.said)
        elif tag in {"td", "th"}:
            self.said.append(" ")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._link:
            words = "".join(self.said[self._start :]).strip()
            if words and words not in self._link:
                self.said.append(f" <{self._link}>")
            self._link = ""
        elif tag == "p":
            self.said.append("\n\n")
        elif tag in _BREAKS:
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        self.said.append(re.sub(r"\s+", " ", data))
