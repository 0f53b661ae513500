"""Real servers that tests of several rooms share."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from servers.mail_servers import MailServers, mail_servers, missing_part


@pytest.fixture(scope="session")
def postfix_and_dovecot() -> Iterator[MailServers]:
    """A provider's mail servers. Skipped where they cannot run; in CI that is a failure."""
    reason = missing_part()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)
    with mail_servers() as servers:
        yield servers
