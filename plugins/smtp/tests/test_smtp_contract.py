"""SMTP keeps the contract of every mail provider, over each kind of connection."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from xrm_smtp.plugin import SMTP

from xrm_platform.providers import DriverContext, ProviderDescriptor
from xrm_platform.testing.driver_context import driver_context
from xrm_platform.testing.mail_contract import Arrival, MailContract
from xrm_platform.testing.mail_sign_in import MailSignIn
from xrm_platform.testing.microsoft_sign_in import MicrosoftSignIn
from xrm_platform.testing.smtp_server import SmtpFault, SmtpSecurity, SmtpServer, SmtpStage

SEND = "https://outlook.office.com/SMTP.Send"
USERNAME, PASSWORD = "com@example.com", "s3cret-é+="


class Server:
    """The stand-in server, by the switches of the contract."""

    def __init__(self, server: SmtpServer) -> None:
        self.server = server

    async def arrived(self) -> Sequence[Arrival]:
        return [Arrival(mail.sender, mail.recipients, mail.message) for mail in self.server.received]

    async def refuse_credentials(self) -> None:
        self.server.users = {USERNAME: "another"}
        await self.server.cut_connections()

    async def go_down(self) -> None:
        await self.server.go_down()

    async def refuse_recipient(self, address: str) -> None:
        reply = "550 5.1.1 User unknown"
        self.server.faults.add(SmtpFault(SmtpStage.RCPT, reply, address=address, times=None))

    async def defer_recipient(self, address: str) -> None:
        reply = "450 4.2.0 Greylisted"
        self.server.faults.add(SmtpFault(SmtpStage.RCPT, reply, address=address, times=None))

    async def lose_next_answer(self) -> None:
        self.server.faults.add(SmtpFault(SmtpStage.END, drop=True))

    async def cut_next_message(self) -> None:
        self.server.faults.add(SmtpFault(SmtpStage.DATA, drop=True))

    async def accept_at_most(self, octets: int) -> None:
        self.server.max_bytes = octets


class TestSmtpKeepsTheContract(MailContract):
    @pytest.fixture
    def descriptor(self) -> ProviderDescriptor:
        return SMTP

    @pytest.fixture
    def security(self) -> SmtpSecurity:
        return SmtpSecurity.NONE

    @pytest.fixture
    async def vendor(self, security: SmtpSecurity) -> AsyncIterator[Server]:
        async with SmtpServer(security=security, users={USERNAME: PASSWORD}) as server:
            yield Server(server)

    @pytest.fixture
    def settings(self, vendor: Server) -> dict[str, Any]:
        server = vendor.server
        return {
            "host": server.host,
            "port": server.port,
            "security": str(server.security),
            "username": USERNAME,
            "password": PASSWORD,
            "ca_file": str(server.ca_file) if server.ca_file else "",
        }


class TestSmtpKeepsTheContractOverTls(TestSmtpKeepsTheContract):
    @pytest.fixture
    def security(self) -> SmtpSecurity:
        return SmtpSecurity.TLS


class TestSmtpKeepsTheContractOverStarttls(TestSmtpKeepsTheContract):
    @pytest.fixture
    def security(self) -> SmtpSecurity:
        return SmtpSecurity.STARTTLS


class SignedIn(Server):
    """The stand-in server with the service to which the person gave consent before."""

    def __init__(self, server: SmtpServer, service: MailSignIn) -> None:
        super().__init__(server)
        self.service = service

    async def refuse_credentials(self) -> None:
        self.service.sign_in.revoke(USERNAME)
        await self.server.cut_connections()


class TestSmtpKeepsTheContractByConsent(TestSmtpKeepsTheContract):
    @pytest.fixture
    async def vendor(self, security: SmtpSecurity) -> AsyncIterator[Server]:
        async with MailSignIn(MicrosoftSignIn(), USERNAME) as service, SmtpServer(security=security) as server:
            server.bearer = service.bearer(SEND)
            yield SignedIn(server, service)

    @pytest.fixture
    def settings(self, vendor: SignedIn) -> dict[str, Any]:
        server = vendor.server
        return {"host": server.host, "port": server.port, "security": "none", **vendor.service.settings()}

    @pytest.fixture
    async def context(self, vendor: SignedIn) -> AsyncIterator[DriverContext]:
        async with driver_context() as context:
            token = vendor.service.sign_in.refresh_token_for(USERNAME, frozenset({SEND}), context.now())
            await context.tokens.save({"refresh_token": token})
            yield context
