"""Whether a file can be the image of a signature: a real PNG or JPEG of a reasonable size. Run in a thread."""

from __future__ import annotations

import io

from PIL import Image

from xrm_platform.problems import Invalid

BYTES_LIMIT = 100_000
PIXELS_LIMIT = 2000
_TYPES = {"PNG": "image/png", "JPEG": "image/jpeg"}


def checked_type(content: bytes) -> str:
    """The media type of the image, by what is in it. Raises `Invalid`."""
    if len(content) > BYTES_LIMIT:
        raise Invalid.field("signature_image", "image_too_big", limit=BYTES_LIMIT // 1000)
    try:
        with Image.open(io.BytesIO(content), formats=tuple(_TYPES)) as image:
            if max(image.size) > PIXELS_LIMIT:
                raise Invalid.field("signature_image", "image_too_large", limit=PIXELS_LIMIT)
            image.verify()
        with Image.open(io.BytesIO(content)) as image:  # verifying reads the file up: its pixels need it once more
            image.load()
            return _TYPES[image.format or ""]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Invalid.field("signature_image", "image_unreadable") from error
