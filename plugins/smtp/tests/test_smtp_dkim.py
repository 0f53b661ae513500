"""DKIM signatures, judged by dkimpy; and the record in the DNS, asked of a DNS server."""

from __future__ import annotations

import asyncio
import base64
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import dkim
import dns.asyncresolver
import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as some
from marshmallow import ValidationError
from xrm_smtp.compose import compose
from xrm_smtp.dkim_key import read_key
from xrm_smtp.dkim_record import fault
from xrm_smtp.dkim_signing import DkimSigner, body_digest
from xrm_smtp.driver import SmtpMail
from xrm_smtp.parts import AttachmentEncoder
from xrm_smtp.plugin import SMTP
from xrm_smtp.settings import SmtpSettings

from xrm_platform.providers import Address, OutgoingMail, PermanentError, Tick, TickState
from xrm_platform.testing.driver_context import driver_context, open_driver
from xrm_platform.testing.mail_vendor import PICTURE, QUOTE, outgoing_mail
from xrm_platform.testing.smtp_server import SmtpServer
from xrm_platform.testing.translations import assert_explained

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
NAME = "xrm._domainkey.example.com"


def pem(key: Any, encryption: serialization.KeySerializationEncryption | None = None) -> str:
    form = serialization.PrivateFormat.PKCS8
    octets: bytes = key.private_bytes(serialization.Encoding.PEM, form, encryption or serialization.NoEncryption())
    return octets.decode()


RSA = pem(rsa.generate_private_key(public_exponent=65537, key_size=2048))
ED25519 = pem(ed25519.Ed25519PrivateKey.generate())
BOTH = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])


def signed(mail: OutgoingMail, key: str = RSA) -> bytes:
    composed = DkimSigner("example.com", "xrm", key).signed(compose(mail, AttachmentEncoder()), NOW)
    octets = b"".join(composed.chunks)
    assert composed.size == len(octets)
    return octets


def verified(octets: bytes, key: str = RSA, record: str = "") -> bool:
    def texts(name: bytes, timeout: int = 5) -> bytes | None:
        return (record or read_key(key).record).encode() if name.rstrip(b".") == NAME.encode() else None

    return bool(dkim.verify(octets, dnsfunc=texts))


MAILS = [
    outgoing_mail(),
    outgoing_mail(text=""),
    outgoing_mail(text="\n\n.\n \n\n\n"),
    outgoing_mail(text="Été " * 500, subject="Devis  n° 12 : « église »  " * 8, reply_to=Address("a@b.example", "É")),
    outgoing_mail(html='<img src="cid:signature">', attachments=(PICTURE, QUOTE), cc=(Address("c@d.example"),)),
    outgoing_mail(
        headers={
            "List-Unsubscribe": f"<https://xrm.example.com/{'u' * 90}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
            "References": " ".join(f"<{number}.{'r' * 40}@example.com>" for number in range(9)),
            "X-XRM-Ref": "7",
        }
    ),
    outgoing_mail(sender=Address("Com@News.Example.com")),
]


@BOTH
@pytest.mark.parametrize("mail", MAILS)
def test_a_signature_is_good_to_another_program(mail: OutgoingMail, key: str) -> None:
    assert verified(signed(mail, key), key)


@given(text=some.text(max_size=300), subject=some.text(some.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_whatever_a_mail_says_its_signature_is_good(text: str, subject: str) -> None:
    try:
        octets = signed(outgoing_mail(text=text, subject=subject), ED25519)
    except PermanentError:
        return
    assert verified(octets, ED25519)


@given(some.lists(some.sampled_from([b"\r\n", b"a\r\n", b"", b"\r", b"\n", b"\r\n\r\n", b"b"]), max_size=8))
def test_a_body_has_the_same_digest_however_it_is_cut(pieces: list[bytes]) -> None:
    assert body_digest(pieces) == body_digest([b"".join(pieces)])


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"From: ", b"From: evil@example.net\r\nFrom: "),
        (b"Subject: ", b"Subject: Another\r\nSubject: "),
        (b"To: ", b"Cc: evil@example.net\r\nTo: "),
        (b"Date: ", b"Reply-To: evil@example.net\r\nDate: "),
        (b"List-Unsubscribe: <https://xrm", b"List-Unsubscribe: <https://evil"),
        (b"One-Click", b"Two-Click"),
        (b"Hello", b"Hullo"),
    ],
)
def test_what_somebody_changes_on_the_way_is_found_out(before: bytes, after: bytes) -> None:
    octets = signed(MAILS[5])
    assert octets.count(before) >= 1
    assert not verified(octets.replace(before, after, 1))


def test_a_server_may_fold_anew_and_write_above() -> None:
    octets = (
        signed(MAILS[5]).replace(b"<https://xrm", b"\r\n\t <https://xrm").replace(b"Subject: Mail", b"SUBJECT:  Mail")
    )
    assert verified(b"Received: by relay.example\r\n" + octets + b"\r\n\r\n")


def test_the_headers_of_unsubscription_are_signed_and_lines_are_short() -> None:
    head = signed(MAILS[5]).partition(b"\r\n\r\n")[0].split(b"\r\nFrom:")[0]
    listed = re.sub(rb"\s", b"", head.partition(b"h=")[2].partition(b";")[0]).decode().split(":")
    assert {"list-unsubscribe", "list-unsubscribe-post", "references"} <= set(listed)
    assert listed.count("from") == 2
    assert "x-xrm-ref" not in listed
    assert max(map(len, head.split(b"\r\n"))) <= 100


@pytest.mark.parametrize("address", ["com@example.net", "com@badexample.com", "com@com"])
def test_a_sender_of_another_domain_is_refused(address: str) -> None:
    with pytest.raises(PermanentError) as caught:
        signed(outgoing_mail(sender=Address(address)))
    assert caught.value.code == "dkim_other_domain"
    assert_explained(SMTP, caught.value.code, caught.value.params)


GOOD = {"host": "smtp.example.com", "dkim_domain": "example.com", "dkim_selector": "xrm", "dkim_key": RSA}


@pytest.mark.parametrize(
    ("changes", "field", "code"),
    [
        ({"dkim_key": ""}, "dkim_key", "dkim_incomplete"),
        ({"dkim_domain": "", "dkim_selector": ""}, "dkim_domain", "dkim_incomplete"),
        ({"dkim_domain": "localhost"}, "dkim_domain", "not_a_domain"),
        ({"dkim_domain": "a b.example"}, "dkim_domain", "not_a_domain"),
        ({"dkim_selector": "x;d=evil.example"}, "dkim_selector", "not_a_selector"),
        ({"dkim_key": "secret"}, "dkim_key", "dkim_key_unreadable"),
        ({"dkim_key": RSA[:-200]}, "dkim_key", "dkim_key_unreadable"),
        (
            {"dkim_key": pem(ed25519.Ed25519PrivateKey.generate(), serialization.BestAvailableEncryption(b"x"))},
            "dkim_key",
            "dkim_key_unreadable",
        ),
        (
            {"dkim_key": pem(rsa.generate_private_key(public_exponent=65537, key_size=1024))},
            "dkim_key",
            "dkim_key_too_short",
        ),
        ({"dkim_key": pem(ec.generate_private_key(ec.SECP256R1()))}, "dkim_key", "dkim_key_of_another_kind"),
    ],
)
def test_what_cannot_sign_is_refused(changes: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(ValidationError) as caught:
        SmtpSettings().load({**GOOD, **changes})
    assert caught.value.messages == {field: [code]}
    assert_explained(SMTP, code, {})


def test_a_domain_with_accents_signs_as_the_dns_knows_it() -> None:
    assert SmtpSettings().load({**GOOD, "dkim_domain": "société.example"})
    assert DkimSigner("Société.example", "xrm", RSA).domain == "xn--socit-esab.example"


def record(key: str = RSA, **changes: str) -> str:
    tags = dict(part.strip().split("=", 1) for part in read_key(key).record.split(";"))
    return "; ".join(f"{name}={value}" for name, value in {**tags, **changes}.items())


@pytest.mark.parametrize(
    ("records", "key", "code"),
    [
        ([record()], RSA, None),
        ([record(ED25519)], ED25519, None),
        (["v=spf1 -all", record(s="email:x", h="sha1:sha256", t="y")], RSA, None),
        ([f"p={base64.b64encode(read_key(RSA).public[1]).decode()}"], RSA, None),
        ([record(p=record().partition("p=")[2][:60] + " " + record().partition("p=")[2][60:])], RSA, None),
        ([], RSA, "dkim_record_missing"),
        (["v=spf1 -all"], RSA, "dkim_record_missing"),
        ([record(), record()], RSA, "dkim_record_twice"),
        ([record(p="")], RSA, "dkim_record_withdrawn"),
        ([record(ED25519)], RSA, "dkim_record_of_another_key"),
        ([record(v="DKIM2")], RSA, "dkim_record_of_another_key"),
        ([record(h="sha1")], RSA, "dkim_record_of_another_key"),
        ([record(s="tlsrpt")], RSA, "dkim_record_of_another_key"),
        ([record(p="é*")], RSA, "dkim_record_of_another_key"),
    ],
)
def test_the_record_fits_the_key_or_says_why_not(records: list[str], key: str, code: str | None) -> None:
    assert fault(records, read_key(key)) == code
    if code is not None:
        assert_explained(SMTP, code, {"name": NAME, "record": "v=DKIM1"})


class Dns(asyncio.DatagramProtocol):
    """Answers by `texts`: names with their TXT records."""

    def __init__(self, texts: dict[str, list[str]]) -> None:
        self.texts = texts

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: tuple[str, int]) -> None:
        query = dns.message.from_wire(data)
        answer = dns.message.make_response(query)
        name = query.question[0].name
        texts = self.texts.get(name.to_text(omit_final_dot=True))
        if texts is None:
            answer.set_rcode(dns.rcode.NXDOMAIN)
        elif texts:
            quoted = [" ".join(f'"{one[at : at + 255]}"' for at in range(0, len(one), 255)) for one in texts]
            answer.answer.append(dns.rrset.from_text(name, 60, "IN", "TXT", *quoted))
        self._transport.sendto(answer.to_wire(), address)


@pytest.fixture
def with_dns(monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    """Lets the machine ask a DNS server of the test's own."""

    @asynccontextmanager
    async def serving(**texts: list[str]) -> AsyncIterator[None]:
        transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
            lambda: Dns({NAME: texts["record"]} if texts else {}), ("127.0.0.1", 0)
        )
        resolver = dns.asyncresolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], transport.get_extra_info("sockname")[1]
        monkeypatch.setattr(dns.asyncresolver, "default_resolver", resolver)
        try:
            yield
        finally:
            transport.close()
            await asyncio.sleep(0)

    return serving


async def checked(key: str = RSA) -> Tick:
    async with SmtpServer() as server, driver_context() as context:
        given = {**GOOD, "host": server.host, "port": server.port, "security": "none", "dkim_key": key}
        async with open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            return next(tick for tick in await driver.check() if tick.step == "dkim")


@BOTH
async def test_a_check_asks_the_dns(with_dns: Callable[..., Any], key: str) -> None:
    async with with_dns(record=[record(key)]):
        assert await checked(key) == Tick("dkim", TickState.OK)


async def test_a_check_says_what_to_publish(with_dns: Callable[..., Any]) -> None:
    async with with_dns():
        tick = await checked()
    params = {"name": NAME, "record": read_key(RSA).record}
    assert tick == Tick("dkim", TickState.FAILED, "dkim_record_missing", params)


async def test_where_the_dns_cannot_be_asked_nothing_is_said_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    resolver = dns.asyncresolver.Resolver(configure=False)
    resolver.nameservers = []
    monkeypatch.setattr(dns.asyncresolver, "default_resolver", resolver)
    assert await checked() == Tick("dkim", TickState.SKIPPED)


async def test_what_the_server_receives_is_signed() -> None:
    async with SmtpServer() as server, driver_context() as context:
        given = {**GOOD, "host": server.host, "port": server.port, "security": "none"}
        async with open_driver(SmtpMail, SmtpSettings().load(given), context) as driver:
            ours, foreign = await driver.send([MAILS[4], outgoing_mail(sender=Address("com@example.net"))])
            assert RSA.splitlines()[1] not in f"{driver!r} {driver._signer!r} {driver._signer.key!r}"
    assert ours.error is None
    assert foreign.error.code == "dkim_other_domain"
    (received,) = server.received
    assert verified(received.content)
