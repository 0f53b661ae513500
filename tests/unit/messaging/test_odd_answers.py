"""What a plugin answers that it should not: the message is settled all the same, and no other one suffers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from xrm_platform.messaging import MailRequest
from xrm_platform.providers import (
    Channel,
    Handover,
    Limits,
    PermanentError,
    RecipientResult,
    SendResult,
    hookimpl,
)
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_mail import MEMORY_MAIL

ODD_MAIL = replace(MEMORY_MAIL, slug="odd_mail", capabilities=frozenset(), limits=Limits(batch=1, connections=4))

PERSON = "ann@client.example"


def odd_answers(mail):
    """By the subject of the mail that is answered so."""
    accepted = RecipientResult(PERSON, Handover.ACCEPTED)
    refused = {
        "nul": PermanentError("refused", detail="550 \x00 no"),
        "half a surrogate": PermanentError("refused", detail="550 Refus\udce9"),
        "strange code": PermanentError("re\x00fus\udce9"),
        "strange parameters": PermanentError("refused", at=datetime(2026, 1, 1, tzinfo=UTC), word="a\x00b\udce9"),  # type: ignore[arg-type]
    }
    answers = {
        "nothing": None,
        "a word": "sent",
        "too few": [],
        "no result": [None],
        "another message": [SendResult("other", (accepted,))],
        "recipients that are none": [SendResult(mail.id, ("ann",))],  # type: ignore[arg-type]
        "no recipients": [SendResult(mail.id, None)],  # type: ignore[arg-type]
        "an error that is none": [SendResult(mail.id, error="550")],  # type: ignore[arg-type]
        "a number as reference": [SendResult(mail.id, (replace(accepted, reference=12),))],  # type: ignore[arg-type]
        "a reference with a nul": [SendResult(mail.id, (replace(accepted, reference="a\x00b"),))],
        "a draft that is none": [SendResult(mail.id, (accepted,), draft=object())],  # type: ignore[arg-type]
        **{
            name: [SendResult(mail.id, (RecipientResult(PERSON, Handover.FAILED, error=error),))]
            for name, error in refused.items()
        },
    }
    return answers.get(mail.subject, [SendResult(mail.id, (accepted,))])


class OddMail:
    def __init__(self, settings, context):
        pass

    async def send(self, batch):
        return odd_answers(batch[0])

    async def check(self):
        return []

    async def aclose(self):
        pass


class OddProviders:
    @hookimpl
    def xrm_mail_providers(self):
        return [ODD_MAIL]


@pytest.fixture
def plugins():
    return [InProcessPlugin("odd", OddProviders(), {(Channel.MAIL, "odd_mail"): OddMail})]


@pytest.fixture
async def odd_account(xrm, admin):
    await xrm.providers.enable(admin, "odd_mail")
    settings = {"service": "odd", "password": "s3cret-é"}
    return (await xrm.accounts.add(admin, "odd_mail", "odd", settings, default=True)).id


UNREADABLE = (
    "nothing",
    "a word",
    "too few",
    "no result",
    "another message",
    "recipients that are none",
    "no recipients",
    "an error that is none",
)
READABLE = (
    "nul",
    "half a surrogate",
    "strange code",
    "strange parameters",
    "a number as reference",
    "a reference with a nul",
    "a next step that is none",
)


@pytest.mark.parametrize("odd", [*UNREADABLE, *READABLE])
async def test_an_odd_answer_settles_its_message_and_harms_no_other(xrm, admin, odd_account, odd):
    ids = []
    for subject in (odd, "fine", "fine too"):
        request = MailRequest(sender="COM", to=(PERSON,), subject=subject, text="Bonjour")
        ids.append((await xrm.sending.send_mail(admin, request)).id)
    await xrm.run_until_idle()

    states = [(await xrm.messages.get(admin, one)).state for one in ids]
    assert states[1:] == ["sent", "sent"]
    assert states[0] == "unknown" if odd in UNREADABLE else states[0] in ("sent", "failed")
