import pytest

from xrm_platform.testing.sms_parts import is_gsm, parts


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 1),
        ("a" * 160, 1),
        ("a" * 161, 2),
        ("a" * 159 + "€", 2),
        ("a" * 152 + "€" + "b" * 10, 2),
        ("a" * 152 + "€" + "b" * 151, 2),
        ("a" * 152 + "€" + "b" * 152, 3),
        ("]" * 153, 3),
    ],
)
def test_an_escape_pair_takes_two_septets_and_stays_together(text, expected):
    assert is_gsm(text)
    assert parts(text, gsm=True) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ы" * 70, 1),
        ("ы" * 71, 2),
        ("ы" * 69 + "😀", 2),
        ("ы" * 66 + "😀" + "ы" * 66, 3),
        ("this is a " + "]" * 74 + "😘", 2),
    ],
)
def test_a_surrogate_pair_takes_two_units_and_stays_together(text, expected):
    assert not is_gsm(text)
    assert parts(text, gsm=False) == expected
