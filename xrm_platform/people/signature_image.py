"""The image of a signature: from a picture that somebody gives to one that is small, upright and says nothing else.
Run in a thread."""

from __future__ import annotations

import io
from collections.abc import Iterator
from functools import lru_cache

from PIL import Image, ImageOps

from xrm_platform.problems import Invalid

GIVEN_LIMIT = 10 * 1024 * 1024
PIXELS_LIMIT = 40_000_000
"""What is decoded at all; a few bytes can claim to be far more."""

BYTES_LIMIT = 100_000
WIDTH, HEIGHT = 600, 300
"""A mail is read some 600 pixels wide, and most programs show an image as large as it is."""

_NOT_FOR_SCREENS = {"CMYK", "I", "I;16", "I;16B"}
"""Colours for printing, which Outlook does not show, and 16 bits of grey."""

_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}
_FAULTS = (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning)


def prepared(content: bytes) -> tuple[bytes, str]:
    """The image as it is stored, and its media type: a PNG or JPEG of at most 100 kB and 600 × 300 pixels, turned as
    it is meant to be seen, without what cameras write into it. One that is so already stays as it is.

    Raises `Invalid` for what is no PNG or JPEG, is animated or far too large.
    """
    if len(content) > GIVEN_LIMIT:
        raise Invalid.field("signature_image", "image_too_big", limit=GIVEN_LIMIT // 1024**2)
    if b"<svg" in content[:2000].lower():
        raise Invalid.field("signature_image", "image_is_svg")
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
            kind = "PNG" if image.format == "PNG" else "JPEG"  # some cameras write several JPEGs into a file
            if image.width * image.height > PIXELS_LIMIT:
                raise Invalid.field("signature_image", "image_too_large", limit=PIXELS_LIMIT // 1_000_000)
            if kind == "PNG" and getattr(image, "is_animated", False):
                raise Invalid.field("signature_image", "image_animated")
            _read_whole(content)
            image.load()
            if image.format == kind and _fits(image, content):
                return content, _TYPES[kind]
            small = _largest_that_fits(ImageOps.exif_transpose(image), kind)
    except _FAULTS as error:
        raise Invalid.field("signature_image", "image_unreadable") from error
    return small, _TYPES[kind]


@lru_cache(maxsize=64)
def size_of(content: bytes) -> tuple[int, int]:
    """Width and height of a stored image."""
    with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
        return image.size


def _read_whole(content: bytes) -> None:
    """Reading the pixels alone overlooks a PNG that was cut short."""
    with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
        image.verify()


def _fits(image: Image.Image, content: bytes) -> bool:
    said = set(image.info) - {"dpi", "gamma", "srgb", "transparency", "jfif", "jfif_version", "jfif_unit"}
    said -= {"jfif_density", "progressive", "progression", "adobe", "adobe_transform"}
    small = len(content) <= BYTES_LIMIT and image.width <= WIDTH and image.height <= HEIGHT
    return small and not said and image.mode not in _NOT_FOR_SCREENS


def _largest_that_fits(image: Image.Image, kind: str) -> bytes:
    """The largest version of `image` that fits; a few pixels always do."""
    image = _plain(image, kind)
    image.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    while True:
        for octets in _encoded(image, kind):
            if len(octets) <= BYTES_LIMIT:
                return octets
        image = image.resize((max(1, image.width * 3 // 4), max(1, image.height * 3 // 4)), Image.Resampling.LANCZOS)


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """Only pixels, in a mode that every mail program shows."""
    if image.mode.startswith("I"):
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    transparent = kind == "PNG" and (image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info)
    plain = image.convert("RGBA" if transparent else "RGB")
    plain.info = {}
    return plain


def _encoded(image: Image.Image, kind: str) -> Iterator[bytes]:
    """The best first."""
    if kind == "JPEG":
        for quality in (88, 75, 60):
            yield _saved(image, "JPEG", quality=quality, optimize=True)
        return
    yield _saved(image, "PNG", optimize=True)
    yield _saved(image.quantize(256, method=Image.Quantize.FASTOCTREE), "PNG", optimize=True)


def _saved(image: Image.Image, kind: str, **options: object) -> bytes:
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()
