"""The image of the signature: a small PNG, drawn."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont

SIZE = (220, 60)
BLUE, ORANGE, WHITE = (24, 78, 119), (240, 140, 40), (255, 255, 255)


def signature_image(name: str) -> bytes:
    """A little logo with `name`, as PNG."""
    image = Image.new("RGB", SIZE, WHITE)
    draw = ImageDraw.Draw(image)
    draw.rounded_rectangle((2, 6, 50, 54), radius=10, fill=BLUE)
    draw.line((14, 42, 26, 18, 38, 42), fill=ORANGE, width=5, joint="curve")
    draw.text((62, 18), name, fill=BLUE, font=ImageFont.load_default(20))
    written = io.BytesIO()
    image.save(written, "PNG", optimize=True)
    return written.getvalue()
