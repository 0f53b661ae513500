"""Mail that is handed over to the sender's own mail software: never called sent before it was seen among the sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from marshmallow import fields

from xrm_platform.messaging import MailRequest
from xrm_platform.messaging.drafts import watching
from xrm_platform.messaging.drafts.keeping import safe_name
from xrm_platform.messaging.drafts.showing import in_words
from xrm_platform.messaging.drafts.watching import next_look
from xrm_platform.problems import Conflicting, Missing
from xrm_platform.providers import (
    AuthError,
    Capability,
    Channel,
    Handover,
    MailDraft,
    OutcomeUnknown,
    RecipientResult,
    Rung,
    SendResult,
    Tick,
    TickState,
    Unsupported,
    Whereabouts,
    hookimpl,
)
from xrm_platform.registry import InProcessPlugin
from xrm_platform.testing.memory_mail import MEMORY_MAIL, MemoryMailSettings

PERSON = "ann@client.example"


class DeskSettings(MemoryMailSettings):
    own_signature = fields.Boolean(load_default=False)


DESK = replace(
    MEMORY_MAIL,
    slug="desk",
    settings=DeskSettings,
    capabilities=frozenset({Capability.HANDS_OVER}),
    signature_setting="own_signature",
)


class Mailbox:
    """What the person has, and what the provider answers."""

    def __init__(self):
        self.places = {}
        self.mails = []
        self.answer = MailDraft(Rung.MAILBOX, "open_drafts", {"folder": "Brouillons"}, watched=True)
        self.lost = False
        self.looks = 0
        self.refuses = None


class Desk:
    mailbox: Mailbox

    def __init__(self, settings, context):
        """One mailbox for all accounts of a test."""

    async def send(self, batch):
        return [self.taken(mail) for mail in batch]

    def taken(self, mail):
        self.mailbox.mails.append(mail)
        if self.mailbox.lost:
            return SendResult(mail.id, error=OutcomeUnknown())
        recipients = tuple(RecipientResult(to, Handover.DRAFTED) for to in mail.envelope)
        return SendResult(mail.id, recipients, draft=self.mailbox.answer)

    async def whereabouts(self, message_ids):
        self.mailbox.looks += 1
        if self.mailbox.refuses is not None:
            raise self.mailbox.refuses
        if self.mailbox.places is None:
            return None
        return {one: self.mailbox.places[one] for one in message_ids if one in self.mailbox.places}

    async def check(self):
        return [Tick("reached", TickState.OK)]

    async def aclose(self):
        pass


class DeskProviders:
    @hookimpl
    def xrm_mail_providers(self):
        return [DESK]


@pytest.fixture
def mailbox():
    return Mailbox()


@pytest.fixture
def plugins(mailbox):
    driver = type("DeskOfTheTest", (Desk,), {"mailbox": mailbox})
    return [InProcessPlugin("desk", DeskProviders(), {(Channel.MAIL, "desk"): driver})]


@pytest.fixture
async def desk(xrm, admin):
    await xrm.providers.enable(admin, "desk")
    settings = {"service": "desk", "password": "x"}
    return await xrm.accounts.add(admin, "desk", "Outlook", settings, default=True)


async def sent(xrm, admin, **changes):
    """A mail that was worked on."""
    request = MailRequest(**{"sender": "COM", "to": (PERSON,), "subject": "Devis", "text": "Bonjour", **changes})
    message = await xrm.sending.send_mail(admin, request)
    await xrm.run_until_idle()
    return await xrm.messages.get(admin, message.id)


async def looked(xrm, admin, clock, message):
    """The message after the next look into the mailbox."""
    clock.advance(timedelta(minutes=3))
    await xrm.run_until_idle()
    return await xrm.messages.get(admin, message.id)


def codes(message):
    return [event.detail["code"] for event in message.events if "code" in event.detail]


async def test_a_draft_is_handed_over_and_says_what_to_do(xrm, admin, desk):
    message = await sent(xrm, admin)

    assert (message.state, message.recipients[0].state) == ("handed_over", "handed_over")
    assert (message.draft.rung, message.draft.next_step) == ("mailbox", "open_drafts")
    assert message.draft.params == {"folder": "Brouillons"}
    assert codes(message) == ["draft_mailbox"]


async def test_it_is_sent_when_it_lies_among_the_sent_mail(xrm, admin, desk, mailbox, clock):
    message = await sent(xrm, admin)
    mailbox.places[message.id] = Whereabouts.DRAFTS
    assert (await looked(xrm, admin, clock, message)).state == "handed_over"

    mailbox.places[message.id] = Whereabouts.SENT
    message = await looked(xrm, admin, clock, message)

    assert (message.state, message.recipients[0].state) == ("sent", "sent")
    assert in_words(message.draft, xrm.wording, language="en", package="").told == ()
    assert codes(message) == ["draft_mailbox", "seen_in_sent"]
    assert len(mailbox.mails) == 1


async def test_a_deleted_draft_is_never_called_sent_and_can_be_given_up(xrm, admin, desk, clock, mailbox):
    message = await sent(xrm, admin)
    for _ in range(3):
        message = await looked(xrm, admin, clock, message)

    assert (message.state, message.draft.gone) == ("handed_over", True)
    assert codes(message) == ["draft_mailbox", "draft_gone"]
    (told,) = in_words(message.draft, xrm.wording, language="en", package="xrm_smtp.handover.outlook").told
    assert told.startswith("The draft is neither")
    with pytest.raises(Conflicting, match="not_retryable"):
        await xrm.messages.retry(admin, message.id)
    assert (await xrm.messages.cancel(admin, message.id)).state == "cancelled"
    mailbox.places[message.id] = Whereabouts.SENT
    assert (await looked(xrm, admin, clock, message)).state == "cancelled"


async def test_a_file_is_in_no_mailbox_and_never_gone_from_one(xrm, admin, desk, clock, mailbox):
    mailbox.answer = MailDraft(Rung.FILE, "open_file", content=b"Subject: x\r\n\r\n", filename="x.eml", watched=True)
    message = await sent(xrm, admin)
    for _ in range(3):
        message = await looked(xrm, admin, clock, message)

    assert (message.draft.gone, codes(message)) == (False, ["draft_file"])
    mailbox.places[message.id] = Whereabouts.SENT
    assert (await looked(xrm, admin, clock, message)).state == "sent"


async def test_where_no_mailbox_is_left_to_look_into_nothing_is_called_gone(xrm, admin, desk, clock, mailbox):
    message = await sent(xrm, admin)
    mailbox.places = None
    for _ in range(3):
        message = await looked(xrm, admin, clock, message)

    assert (message.draft.gone, codes(message), mailbox.looks) == (False, ["draft_mailbox"], 3)


async def test_a_mailbox_that_refuses_the_credentials_is_left_alone_for_an_hour(xrm, admin, desk, clock, mailbox):
    message = await sent(xrm, admin)
    mailbox.refuses = AuthError()
    for _ in range(5):
        await looked(xrm, admin, clock, message)
    assert mailbox.looks == 1
    assert (await xrm.accounts.get(admin, desk.id)).health == "failing"

    mailbox.refuses = None
    clock.advance(timedelta(hours=1))
    await looked(xrm, admin, clock, message)
    assert mailbox.looks == 2
    assert (await xrm.accounts.get(admin, desk.id)).health == "ok"


@pytest.mark.parametrize(("place", "state"), [(Whereabouts.DRAFTS, "handed_over"), (Whereabouts.SENT, "sent")])
async def test_a_lost_answer_is_settled_by_looking(xrm, admin, desk, mailbox, clock, place, state):
    mailbox.lost = True
    message = await sent(xrm, admin)
    assert message.state == "unknown"
    assert (await looked(xrm, admin, clock, message)).state == "unknown"

    mailbox.places[message.id] = place
    message = await looked(xrm, admin, clock, message)

    assert message.state == state
    assert len(mailbox.mails) == 1
    if place is Whereabouts.DRAFTS:
        told = in_words(message.draft, xrm.wording, language="fr", package="xrm_smtp.handover.outlook").told
        assert told[0].startswith("Le message se trouve parmi les brouillons")


async def test_of_many_that_got_lost_each_is_looked_for(xrm, admin, desk, mailbox, clock, monkeypatch):
    monkeypatch.setattr(watching, "BATCH", 1)
    mailbox.lost = True
    lost = [await sent(xrm, admin) for _ in range(3)]
    mailbox.places = {one.id: Whereabouts.SENT for one in lost[1:]}

    for _ in range(60):
        states = [(await looked(xrm, admin, clock, one)).state for one in lost]
        if states == ["unknown", "sent", "sent"]:
            return
    raise AssertionError(states)


async def test_a_file_is_kept_and_fetched_under_a_safe_name(xrm, admin, desk, mailbox):
    mailbox.answer = MailDraft(
        Rung.FILE,
        "open_file",
        content=b"Subject: x\r\n\r\n",
        filename="../Devis été n° 7/8.eml",
        refused=Unsupported("mailbox_refuses"),
    )
    message = await sent(xrm, admin)

    assert message.draft.refused_code == "mailbox_refuses"
    file = await xrm.drafts.file(admin, message.id)
    assert (file.filename, file.content) == ("Devis été n° 7-8.eml", b"Subject: x\r\n\r\n")


async def test_it_is_shown_as_before_when_its_account_was_removed(xrm, admin, desk):
    message = await sent(xrm, admin)
    await xrm.accounts.remove(admin, desk.id)

    shown = await xrm.messages.get(admin, message.id)
    assert (shown.state, shown.provider, shown.account_name) == ("handed_over", "desk", "Outlook")


async def test_who_gave_a_message_up_is_asked_to_send_it_no_more(xrm, admin, desk, mailbox):
    message = await sent(xrm, admin)
    assert in_words(message.draft, xrm.wording, language="en", package="").told
    await xrm.messages.cancel(admin, message.id)

    message = await xrm.messages.get(admin, message.id)
    assert in_words(message.draft, xrm.wording, language="en", package="").told == ()


async def test_without_a_file_there_is_none_to_fetch(xrm, admin, desk):
    message = await sent(xrm, admin)

    with pytest.raises(Missing, match="no_draft_file"):
        await xrm.drafts.file(admin, message.id)


async def test_the_text_of_a_draft_goes_with_the_message(xrm, admin, desk, mailbox, clock, tmp_path):
    mailbox.answer = MailDraft(Rung.FILE, "open_file", content=b"Subject: x\r\n\r\n", filename="x.eml")
    message = await sent(xrm, admin)
    clock.advance(timedelta(days=4000))
    await xrm.purge.run()

    shown = await xrm.messages.get(admin, message.id)
    assert (shown.draft.filename, shown.draft.uri) == ("", None)
    with pytest.raises(Conflicting, match="text_purged"):
        await xrm.drafts.file(admin, message.id)


async def test_the_signature_is_left_to_the_software_that_adds_its_own(xrm, admin, desk, mailbox):
    await xrm.collaborators.change(admin, "COM", {"signature_text": "Camille"})
    await sent(xrm, admin)
    await xrm.accounts.change(admin, desk.id, {"settings": {"own_signature": True}})
    await sent(xrm, admin)
    await xrm.mail_tests.send(admin, desk.id, sender="COM")

    assert [mail.text for mail in mailbox.mails[:2]] == ["Bonjour\n\n-- \nCamille\n", "Bonjour"]
    assert "Camille" not in mailbox.mails[2].text


@pytest.mark.parametrize(
    ("given", "safe"),
    [
        ("Devis été.eml", "Devis été.eml"),
        ("a/b\\c:d.eml", "a-b-c-d.eml"),
        ("..", "message.eml"),
        ("con.eml", "message con.eml"),
        ("x\r\nBcc: y", "x-Bcc- y.eml"),
        ("e\u0301te\u0301", "été.eml"),
        ("fi\u202egnp.eml", "fi-gnp.eml"),
        ("x" * 300, "x" * 100 + ".eml"),
        ("見" * 100, "見" * 66 + ".eml"),
        ("🧾" * 100 + ".eml", "🧾" * 50 + ".eml"),
    ],
)
def test_a_file_name_fits_every_system(given, safe):
    assert safe_name(given) == safe


def test_a_draft_is_looked_for_less_often_with_time_and_at_last_no_more(clock):
    ages = [timedelta(minutes=5), timedelta(hours=5), timedelta(days=5), timedelta(days=50), timedelta(days=90)]
    at = clock()
    waits = [None if (then := next_look(at, at + age)) is None else then - at - age for age in ages]

    assert waits == [*sorted(waits[:-1]), None]
