"""From the picture that somebody gives to the image that goes under a mail."""

from __future__ import annotations

import io

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from xrm_platform.people.signature_image import BYTES_LIMIT, HEIGHT, PIXELS_LIMIT, WIDTH, prepared, size_of
from xrm_platform.problems import Invalid


def saved(image, kind="PNG", **options):
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def opened(content):
    return Image.open(io.BytesIO(content))


def test_a_small_image_stays_as_it_is():
    content = saved(Image.new("RGB", (300, 80), "navy"))

    assert prepared(content) == (content, "image/png")
    assert size_of(content) == (300, 80)


@pytest.mark.parametrize(("kind", "media_type"), [("PNG", "image/png"), ("JPEG", "image/jpeg")])
def test_a_photograph_is_made_small_enough_for_mail(kind, media_type):
    noise = Image.effect_noise((1500, 1000), 90).convert("RGB")

    content, told = prepared(saved(noise, kind))

    assert told == media_type
    assert len(content) <= BYTES_LIMIT
    assert opened(content).format == kind
    width, height = size_of(content)
    assert width <= WIDTH
    assert height <= HEIGHT
    assert abs(width / height - 1.5) < 0.02


def test_a_photograph_stands_upright_and_says_nothing_of_where_it_was_taken():
    exif = Image.Exif()
    exif[0x0112] = 6  # turned a quarter
    exif[0x010F] = "Camera of Camille"
    content, _ = prepared(saved(Image.new("RGB", (200, 100), "navy"), "JPEG", exif=exif))

    assert size_of(content) == (100, 200)
    assert not opened(content).getexif()
    assert b"Camille" not in content


def test_what_a_program_wrote_into_a_png_goes():
    text = PngInfo()
    text.add_text("Author", "Camille")
    content, _ = prepared(saved(Image.new("RGB", (20, 10)), pnginfo=text))

    assert b"Camille" not in content


def test_colours_for_printing_become_those_of_screens():
    content, _ = prepared(saved(Image.new("CMYK", (60, 20), (255, 0, 0, 0)), "JPEG"))

    assert opened(content).mode == "RGB"
    red, green, blue = opened(content).getpixel((5, 5))
    assert (red < 10, green > 240, blue > 240) == (True, True, True)


@pytest.mark.parametrize("size", [(60, 20), (1200, 400)])
def test_grey_of_sixteen_bits_stays_grey(size):
    content, _ = prepared(saved(Image.new("I;16", size, 0x8000)))

    (grey,) = {value for _, value in opened(content).convert("L").getcolors()}
    assert 0x7E <= grey <= 0x82


def test_transparency_stays():
    content, _ = prepared(saved(Image.new("RGBA", (1200, 200), (0, 0, 90, 0))))

    assert opened(content).convert("RGBA").getpixel((0, 0))[3] == 0


def test_an_animated_image_is_refused():
    frames = [Image.new("RGB", (20, 10), color) for color in ("navy", "red")]
    content = saved(frames[0], save_all=True, append_images=frames[1:])

    with pytest.raises(Invalid) as caught:
        prepared(content)

    assert caught.value.fields["signature_image"].code == "image_animated"


def test_an_image_of_too_many_pixels_is_refused_before_it_is_unpacked():
    side = int(PIXELS_LIMIT**0.5) + 1
    claims = saved(Image.new("L", (1, 1))).replace((1).to_bytes(4, "big") * 2, side.to_bytes(4, "big") * 2, 1)

    with pytest.raises(Invalid) as caught:
        prepared(claims)

    assert caught.value.fields["signature_image"].code in {"image_too_large", "image_unreadable"}
