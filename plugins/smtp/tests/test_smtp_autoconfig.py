"""What a mail domain publishes about its accounts, read with suspicion."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from xrm_smtp.autoconfig import Autoconfig, is_public_name

ADDRESS = "jean@acme.example"


def server(kind: str, **changes: str) -> str:
    said = {"hostname": f"{kind}.acme.example", "port": "993", "socketType": "SSL", "username": "%EMAILADDRESS%"}
    said |= {"authentication": "password-cleartext", **changes}
    tag = "outgoingServer" if kind == "smtp" else "incomingServer"
    inside = "".join(f"<{name}>{value}</{name}>" for name, value in said.items())
    return f'<{tag} type="{kind}">{inside}</{tag}>'


def published(*servers: str, name: str = "Acme Mail") -> bytes:
    inside = f"<domain>acme.example</domain><displayName>{name}</displayName>{''.join(servers)}"
    return (
        f'<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="acme">{inside}</emailProvider>'
        "</clientConfig>"
    ).encode()


SMTP = server("smtp", port="465")
GOOD = published(server("pop3", port="995"), server("imap"), SMTP)


def test_servers_ports_security_and_name_are_read() -> None:
    found = Autoconfig().read(GOOD, ADDRESS)
    assert found is not None
    assert (found.label, found.hints) == ("Acme Mail", ("found",))
    assert found.filled(ADDRESS) == {
        "host": "smtp.acme.example",
        "port": 465,
        "security": "tls",
        "username": ADDRESS,
        "receive": "imap",
        "receive_host": "imap.acme.example",
        "receive_port": 993,
        "receive_security": "tls",
    }


def test_a_name_of_the_local_part_is_filled_so() -> None:
    local = {"username": "%EMAILLOCALPART%"}
    found = Autoconfig().read(published(server("imap", **local), server("smtp", port="587", **local)), ADDRESS)
    assert found is not None
    assert found.filled(ADDRESS)["username"] == "jean"


def test_pop_is_taken_where_there_is_no_imap() -> None:
    found = Autoconfig().read(published(server("pop3", port="995"), SMTP), ADDRESS)
    assert found is not None
    assert found.filled(ADDRESS)["receive"] == "pop"


@pytest.mark.parametrize(
    "changes",
    [
        {"socketType": "plain"},
        {"authentication": "GSSAPI"},
        {"username": "jean"},
        {"hostname": "127.0.0.1"},
        {"hostname": "localhost"},
        {"hostname": "mail.acme.local"},
        {"hostname": "smtp.acme.example/evil"},
        {"port": "0"},
        {"port": "70000"},
        {"port": "²"},
        {"port": ""},
    ],
    ids=str,
)
def test_a_server_that_is_not_safe_to_use_is_not_taken(changes: dict[str, str]) -> None:
    assert Autoconfig().read(published(server("smtp", **{"port": "465", **changes})), ADDRESS) is None


def test_the_second_server_is_taken_where_the_first_is_in_clear() -> None:
    found = Autoconfig().read(
        published(server("smtp", port="25", socketType="plain"), server("smtp", port="587", socketType="STARTTLS")),
        ADDRESS,
    )
    assert found is not None
    assert (found.filled()["port"], found.filled()["security"]) == (587, "starttls")


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html>not found</html>",
        b"<clientConfig/>",
        b"\xff\xfe\x00",
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]><clientConfig>&a;</clientConfig>',
        b'<!DOCTYPE x SYSTEM "file:///etc/passwd"><clientConfig/>',
        b"<a>" * 5_000,
    ],
    ids=range(7),
)
def test_what_is_no_configuration_is_nothing(content: bytes) -> None:
    assert Autoconfig().read(content, ADDRESS) is None


@given(st.binary(max_size=400))
def test_nothing_makes_it_fail(content: bytes) -> None:
    Autoconfig().read(GOOD[:60] + content + GOOD[60:], ADDRESS)
    Autoconfig().read(content, ADDRESS)


def test_a_name_that_is_long_or_invisible_is_not_shown() -> None:
    long = Autoconfig().read(published(SMTP, name="x" * 500), ADDRESS)
    odd = Autoconfig().read(published(SMTP, name="Acme\u202eMail"), ADDRESS)
    assert long is not None
    assert odd is not None
    assert (len(long.label), odd.label) == (80, "acme.example")


def test_only_encrypted_places_are_asked() -> None:
    places = Autoconfig().places("acme.example")
    assert len(places) == 3
    assert all(place.startswith("https://") and "@" not in place for place in places)


@pytest.mark.parametrize(
    "domain", ["localhost", "intranet", "10.0.0.1", "[::1]", "acme.local", "acme.internal", "a..b", "", "x" * 300]
)
def test_a_domain_that_cannot_be_public_is_not_asked(domain: str) -> None:
    assert not is_public_name(domain)
    assert Autoconfig().places(domain) == ()
