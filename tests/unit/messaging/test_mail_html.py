"""The HTML that strangers wrote, as text and as what may be shown: it does nothing, and costs no time."""

from __future__ import annotations

import base64
import random

import pytest

from xrm_platform.messaging.inbound.mail.html import html_as_text, shown_html


def test_shown_html_has_no_script_no_form_and_fetches_nothing():
    html = (
        '<style>x{}</style><p onclick="x()" style="position:fixed;color:red;background:url(http://e)">Oui'
        '<a href="javascript:x()">a</a><a href="/logout">b</a><form action="/x"><input></form>'
        '<img src="http://t.example/1.png"><img src="//t.example/2.png"><img src="/logout"><img src="cid:logo">'
        '<img src="data:text/html,x"><script>alert(1)</script><iframe src="http://x"></iframe>'
    )
    shown = shown_html(html, lambda cid: f"/files/{cid}", remote=False)
    assert shown.remote_content
    for forbidden in (
        "script",
        "alert",
        "onclick",
        "position",
        "url(",
        "form",
        "input",
        "iframe",
        "logout",
        "t.example",
    ):
        assert forbidden not in shown.html, forbidden
    assert 'src="/files/logo"' in shown.html
    assert "color:red" in shown.html
    asked = shown_html(html, lambda cid: None, remote=True)
    assert "http://t.example/1.png" in asked.html
    assert "/files/" not in asked.html
    assert not asked.remote_content


def test_addresses_of_images_are_read_as_browsers_do():
    html = '<img src=" \nhttps://t.example/1.png"><img src="cid:logo%40a">'
    by_cid = {"logo@a": "/files/1"}
    shown = shown_html(html, by_cid.get, remote=False)
    assert (shown.html, shown.remote_content) == ('<img><img src="/files/1">', True)
    assert 'src="https://t.example/1.png"' in shown_html(html, by_cid.get, remote=True).html


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("margin:-999px;color:red", "color:red"),
        ("margin-left: -.5em;width:10px", "width:10px"),
        ("margin:1px -9px", None),
        ("text-indent:-9999px", None),
        ("font-family:x, url(http://t.example/f);color:#123", "color:#123"),
        ("color:rgb(1,2,3);font-family:Foo-2", "color:rgb(1,2,3);font-family:Foo-2"),
        ("width:expression(1)", None),
        ("position:fixed;opacity:0;z-index:9;display:none", None),
    ],
)
def test_a_style_moves_nothing_out_of_its_place_and_names_no_address(style, shown):
    html = shown_html(f'<p style="{style}">x</p>', lambda _: None, remote=False).html
    expected = "" if shown is None else shown
    assert html.replace(" ", "") in {
        f'<pstyle="{expected}">x</p>'.replace(" ", ""),
        "<p>x</p>" if shown is None else "",
    }


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>Oui " + "&" * 950_000 + "<b>", "Oui &&"),
        ("<p>Oui " + "&#x" * 300_000 + "<b>", "Oui &#x"),
        ("<p " + "".join(f"a{n}=b " for n in range(110_000)) + ">Oui", "Oui"),
        ("<p " + "".join(f"a{n}/" for n in range(110_000)) + ">Oui", "Oui"),
    ],
)
def test_html_that_would_take_seconds_to_clean_is_shown_as_text(html, text):
    """The time that it takes grows with the square of the entities in a text, and of the attributes of an element."""
    assert html_as_text(html).startswith(text)
    assert shown_html(html, lambda _: None, remote=False).html.startswith("<pre>" + text[:3])


def test_a_large_picture_within_the_html_is_nothing_odd():
    picture = base64.b64encode(random.Random(1).randbytes(700_000)).decode()
    html = f'<p>Oui&nbsp;!<img src="data:image/png;base64,{picture}"></p>'
    assert shown_html(html, lambda _: None, remote=False).html.startswith("<p>Oui")


def test_html_that_is_nested_without_end_is_shown_as_text():
    html = "<div>" * 100_000 + "Oui <b>"
    assert html_as_text(html) == "Oui"
    assert shown_html(html, lambda _: None, remote=False).html == "<pre>Oui</pre>"
