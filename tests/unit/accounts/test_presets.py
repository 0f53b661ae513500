"""Settings of well-known services, and those that a domain publishes: asked from a real server over TLS."""

from __future__ import annotations

import ssl
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver

from xrm_platform.accounts.fetching import MAX_BYTES, PublicResolver, fetched, to_the_public
from xrm_platform.accounts.presets import Presets
from xrm_platform.problems import Forbidden, Invalid, Missing
from xrm_platform.testing.certificates import CertificateFlaw, make_certificate

PUBLISHED = """<clientConfig><emailProvider id="acme"><displayName>Acme Mail</displayName>
<incomingServer type="imap"><hostname>imap.acme.example</hostname><port>993</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></incomingServer>
<outgoingServer type="smtp"><hostname>smtp.acme.example</hostname><port>{port}</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username><authentication>password-cleartext</authentication></outgoingServer>
</emailProvider></clientConfig>"""
WELL_KNOWN = "/.well-known/autoconfig/mail/config-v1.1.xml"


class OnlyHere(AbstractResolver):
    """Every name leads to one port of this machine."""

    def __init__(self, port):
        self._port = port

    async def resolve(self, host, port=0, family=0):
        return [{"hostname": host, "host": "127.0.0.1", "port": self._port, "family": 2, "proto": 6, "flags": 0}]

    async def close(self):
        """Nothing is open."""


async def nobody(_domain):
    return ()


@pytest.fixture
def web_of(tmp_path):
    """A web in which all names lead to one server, which answers `paths` and nothing else."""

    @asynccontextmanager
    async def opened(paths, flaw=CertificateFlaw.NONE):
        authority, context = make_certificate(tmp_path, flaw)
        asked = []

        async def answer(request):
            asked.append((request.host, request.path))
            said = paths.get((request.host, request.path))
            return web.Response(status=404) if said is None else said() if callable(said) else web.Response(text=said)

        application = web.Application()
        application.router.add_get("/{path:.*}", answer)
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=context).start()
        client = ssl.create_default_context(cafile=authority)
        client.check_hostname = flaw is not CertificateFlaw.NONE
        port = runner.addresses[0][1]
        yield lambda: aiohttp.TCPConnector(resolver=OnlyHere(port), ssl=client), asked
        await runner.cleanup()

    return opened


@pytest.fixture
def presets(registry):
    """The use case without a web and without a DNS."""

    def refuse():
        raise AssertionError("nobody asked to search")

    return Presets(registry, refuse, nobody)


async def test_the_services_are_listed_in_the_order_of_the_plugin(presets, operator):
    names = [one.name for one in await presets.find(operator, "smtp")]
    assert names[:5] == ["orange", "free", "sfr", "bouygues", "laposte"]
    assert await presets.find(operator, "memory_mail") == ()


async def test_an_address_gives_the_settings_of_its_service(presets, operator):
    (found,) = await presets.find(operator, "smtp", address="Jean.Dupont@FREE.fr")
    assert (found.name, found.settings["host"], found.settings["username"]) == ("free", "smtp.free.fr", "Jean.Dupont")
    assert "local_part" in found.hints


async def test_an_address_of_nobody_gives_nothing_and_nobody_is_asked(presets, operator):
    assert await presets.find(operator, "smtp", address="jean@acme.example") == ()


async def test_a_service_is_found_by_its_name(presets, operator):
    found = await presets.named(operator, "smtp", "ovh", address="jean@acme.example", given={"receive": "pop"})
    assert (found.settings["username"], found.settings["receive_port"]) == ("jean@acme.example", 995)
    with pytest.raises(Invalid) as refused:
        await presets.named(operator, "smtp", "minitel")
    assert "orange" in refused.value.fields["preset"].params["known"]
    with pytest.raises(Missing):
        await presets.find(operator, "nothing")


@pytest.mark.parametrize(
    "address", ["", "jean", "jean@intranet", "jean@", "a b@orange.fr", "jean@acme.example\nBcc: x"]
)
async def test_what_is_no_address_is_refused(presets, operator, address):
    with pytest.raises(Invalid) as refused:
        await presets.find(operator, "smtp", address=address, search=True)
    assert refused.value.fields["address"].code == "email_malformed"


@pytest.mark.parametrize("domain", ["10.0.0.1", "127.0.0.1", "acme.local", "router.lan", "db.internal"])
async def test_a_private_host_is_never_asked(presets, operator, domain):
    with pytest.raises(Invalid) as refused:
        await presets.find(operator, "smtp", address=f"jean@{domain}", search=True)
    assert refused.value.fields["address"].code in {"domain_not_public", "email_malformed"}


async def test_a_collaborator_may_not_make_the_platform_search(presets, com):
    with pytest.raises(Forbidden):
        await presets.find(com, "smtp", address="jean@acme.example", search=True)


async def test_who_takes_the_mail_of_a_domain_tells_the_service(registry, operator):
    async def hosts(domain):
        return {"acme.example": ("mx1.mail.ovh.net",)}[domain]

    (found,) = await Presets(registry, to_the_public, hosts).find(
        operator, "smtp", address="jean@acme.example", search=True
    )
    assert (found.name, found.settings["username"]) == ("ovh", "jean@acme.example")


async def test_a_domain_is_asked_for_what_it_publishes(registry, operator, web_of):
    paths = {("acme.example", WELL_KNOWN): PUBLISHED.format(port=465)}
    async with web_of(paths) as (connecting, asked):
        (found,) = await Presets(registry, connecting, nobody).find(
            operator, "smtp", address="jean@acme.example", search=True
        )
    assert (found.label, found.hints) == ("Acme Mail", ("found",))
    assert found.settings["host"] == "smtp.acme.example"
    assert ("autoconfig.acme.example", "/mail/config-v1.1.xml") in asked
    assert not any("jean" in path for _, path in asked)


async def test_settings_that_no_account_takes_are_not_offered(registry, operator, web_of):
    """Port 587 with TLS contradict each other."""
    paths = {("acme.example", WELL_KNOWN): PUBLISHED.format(port=587)}
    async with web_of(paths) as (connecting, _):
        found = await Presets(registry, connecting, nobody).find(
            operator, "smtp", address="jean@acme.example", search=True
        )
    assert found == ()


def redirect():
    return web.Response(status=302, headers={"Location": "http://elsewhere.example/"})


def endless():
    return web.Response(body=bytes(MAX_BYTES + 1))


@pytest.mark.parametrize("answer", [redirect, endless], ids=["redirect", "endless"])
async def test_redirections_and_large_answers_count_as_none(web_of, answer):
    async with (
        web_of({("acme.example", "/x"): answer}) as (connecting, _),
        fetched(["https://acme.example/x"], connecting) as answers,
    ):
        assert [await one for one in answers] == [None]


async def test_a_certificate_of_another_counts_as_none(web_of):
    paths = {("acme.example", "/x"): "here"}
    async with (
        web_of(paths, CertificateFlaw.WRONG_HOST) as (connecting, asked),
        fetched(["https://acme.example/x", "http://acme.example/x"], connecting) as answers,
    ):
        assert [await one for one in answers] == [None]
    assert asked == []


async def test_names_that_lead_into_a_private_network_are_not_followed():
    with pytest.raises(OSError, match="no public address"):
        await PublicResolver(OnlyHere(443)).resolve("acme.example", 443)
    connector = to_the_public()
    async with aiohttp.ClientSession(connector=connector) as session:
        with pytest.raises(aiohttp.ClientConnectorError):
            await session.get("https://localhost:1/x")
