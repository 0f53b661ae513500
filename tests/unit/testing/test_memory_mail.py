"""The provider in memory keeps the contract that real ones are held to."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest

from xrm_platform.providers import DriverContext, ProviderDescriptor
from xrm_platform.testing.mail_contract import MailContract
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMail, MemoryMailService, memory_mail_service


class TestMemoryMailKeepsTheContract(MailContract):
    registered = False

    @pytest.fixture
    def descriptor(self) -> ProviderDescriptor:
        return MEMORY_MAIL

    @pytest.fixture
    def driver_class(self) -> Callable[[Any, DriverContext], MemoryMail]:
        return MemoryMail

    @pytest.fixture
    def name(self) -> str:
        return f"contract-{uuid4()}"

    @pytest.fixture
    def vendor(self, name: str) -> MemoryMailService:
        return memory_mail_service(name)

    @pytest.fixture
    def settings(self, name: str) -> dict[str, Any]:
        return {"service": name, "password": "a-password"}
