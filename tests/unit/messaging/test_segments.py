"""How an SMS is cut, at every boundary."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.messaging.sms.segments import GSM_BASIC, GSM_EXTENSION, segment, width
from xrm_platform.providers import SmsEncoding
from xrm_platform.testing.sms_parts import is_gsm, parts

ORACLE = [
    ("", 1, "gsm7"),
    ("a" * 160, 1, "gsm7"),
    ("a" * 161, 2, "gsm7"),
    ("a" * 158 + "€", 1, "gsm7"),
    ("a" * 159 + "€", 2, "gsm7"),
    ("ы" * 70, 1, "ucs2"),
    ("ы" * 71, 2, "ucs2"),
    ("a" * 152 + "€" + "b" * 10, 2, "gsm7"),
    ("a" * 152 + "€" + "b" * 151, 2, "gsm7"),
    ("a" * 152 + "€" + "b" * 152, 3, "gsm7"),
    ("]" * 153, 3, "gsm7"),
    ("ы" * 69 + "😀", 2, "ucs2"),
    ("ы" * 66 + "😀" + "ы" * 66, 3, "ucs2"),
    ("this is a " + "]" * 74 + "😘", 2, "ucs2"),
]


@pytest.mark.parametrize(("text", "parts", "encoding"), ORACLE)
def test_the_oracle_table_of_the_standard(text, parts, encoding):
    segments = segment(text)

    assert (len(segments.parts), segments.encoding) == (parts, encoding)


@pytest.mark.parametrize("char", "éèàùÉÇæÆñö@£€[]{}^~|\\")
def test_characters_of_the_gsm_alphabet(char):
    assert segment(char).encoding is SmsEncoding.GSM7


@pytest.mark.parametrize("char", "çêâîôûëïœŒÀÈÊÙ’‘“”«»…–—\u00a0\u202f😀\x1b")
def test_characters_that_force_unicode(char):
    assert segment(f"a{char}{char}").forcing == (char,)


gsm_texts = st.text(st.sampled_from(sorted(GSM_BASIC | GSM_EXTENSION)), max_size=700)
any_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=400)


@given(gsm_texts | any_texts)
def test_nothing_is_lost_and_no_part_is_too_long(text):
    segments = segment(text)
    rooms = {SmsEncoding.GSM7: (160, 153), SmsEncoding.UCS2: (70, 67)}[segments.encoding]
    room = rooms[0] if len(segments.parts) == 1 else rooms[1]

    assert "".join(segments.parts) == text
    used = [sum(width(char, segments.encoding) for char in part) for part in segments.parts]
    assert all(units <= room for units in used)
    assert segments.left == room - used[-1]
    assert segments.units == sum(used)


@given(gsm_texts | any_texts)
def test_a_part_ends_only_where_the_next_character_does_not_fit(text):
    segments = segment(text)
    room = {SmsEncoding.GSM7: 153, SmsEncoding.UCS2: 67}[segments.encoding]
    for part, following in zip(segments.parts, segments.parts[1:], strict=False):
        used = sum(width(char, segments.encoding) for char in part)
        assert used + width(following[0], segments.encoding) > room


BORDERS = [one + near for one in (67, 70, 134, 153, 160, 201, 306) for near in range(-3, 4)]
"""Units after which a part ends, in either alphabet, and those around."""

ALPHABETS = ["a", "aé", "€", "a€", "aaaaaaaa[", "ы", "😀", "ы😀", "aыы", "aaa€😀", "abcéè@€\n"]


def generated(count: int) -> list[str]:
    """Texts of every mixture of alphabets that are about as long as whole parts, some with a wide character on the
    border itself."""
    seeded = random.Random(160_153_70_67)
    texts = []
    for _ in range(count):
        alphabet, long = seeded.choice(ALPHABETS), seeded.choice(BORDERS)
        text = "".join(seeded.choices(alphabet, k=long))
        if seeded.random() < 0.5:
            text = seeded.choice("a ыé") * long
            border = seeded.choice([border for border in BORDERS if border <= long])
            text = text[: border - 1] + seeded.choice("€😀[aы") + text[border:]
        texts.append(text)
    return texts


def test_10_000_generated_texts_agree_with_an_independent_count():
    counted: Counter[tuple[bool, int]] = Counter()
    for text in generated(10_000):
        segments, gsm = segment(text), is_gsm(text)
        assert (segments.encoding is SmsEncoding.GSM7, len(segments.parts)) == (gsm, parts(text, gsm=gsm)), text
        counted[gsm, len(segments.parts)] += 1

    # The texts lie where it matters: of each encoding some take one part, two, three and more.
    assert min(counted[gsm, number] for gsm in (True, False) for number in (1, 2, 3)) > 500
