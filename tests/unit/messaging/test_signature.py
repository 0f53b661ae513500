"""What a signature adds to a mail."""

from __future__ import annotations

import pytest

from xrm_platform.messaging.mail.signature import SIGNATURE_CID, Signature, sign


def test_without_signature_nothing_changes():
    assert sign("Bonjour", "<p>Bonjour</p>", Signature(""), alt="") == ("Bonjour", "<p>Bonjour</p>")


def test_a_text_signature_stands_under_its_delimiter():
    text, html = sign("Bonjour\n\n", None, Signature("Léa"), alt="")

    assert text == "Bonjour\n\n-- \nLéa\n"
    assert html is None


def test_an_image_makes_html_of_a_text_mail():
    text, html = sign("a < b\n  c", None, Signature("", "image/png"), alt='Léa "M"')

    assert text == "a < b\n  c"
    assert "<div>a &lt; b<br>\n&nbsp; c</div>" in html
    assert f'<img src="cid:{SIGNATURE_CID}" alt="Léa &quot;M&quot;" style="border: 0">' in html


def test_lines_and_spaces_stay_where_styles_are_ignored():
    _, html = sign("x", "<p>x</p>", Signature("Léa  Martin\n\n\t1, rue"), alt="")

    assert "<div>Léa&nbsp; Martin<br>\n<br>\n&nbsp;&nbsp;&nbsp; 1, rue</div>" in html
    assert "white-space" not in html


def test_an_image_is_shown_with_its_measures():
    _, html = sign("x", None, Signature("", "image/png", (300, 80)), alt="Léa")

    assert f'<img src="cid:{SIGNATURE_CID}" alt="Léa" width="300" height="80" style="border: 0">' in html


def test_the_signature_goes_inside_the_body_of_a_whole_document():
    _, html = sign("x", "<html><body><p>x</p></BODY></html>", Signature("Léa"), alt="")

    assert html.endswith("</BODY></html>")
    assert html.index("Léa") < html.index("</BODY>")


@pytest.mark.parametrize("end", ["</BODY ></html>", "</body\n></html>", "</body></html>"])
def test_letters_that_grow_in_lower_case_do_not_move_the_end_of_a_document(end):
    _, html = sign("x", f"<body><p>İİİ, {'İ' * 10}</p>{end}", Signature("Léa"), alt="")

    assert html.endswith(f"</div>{end}")
