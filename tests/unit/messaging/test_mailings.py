"""Templates, mailings that need a way out, and limits of accounts."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest

from xrm_platform.messaging import Category, MailRequest
from xrm_platform.messaging.bulk.views import BulkRequest
from xrm_platform.messaging.limits.allowance import DAY, HOUR, Allowance
from xrm_platform.people.contacts.given import MailGiven
from xrm_platform.problems import Conflicting, Forbidden, Invalid, Missing
from xrm_platform.providers import Channel

PEOPLE = "Prénom;E-mail\nLéa;lea@client.example\nPaul;paul@client.example\n;anne@client.example\nMax;pas une adresse\n"


def mailing(**more) -> BulkRequest:
    more.setdefault("file", io.BytesIO(PEOPLE.encode()))
    return BulkRequest("COM", "Bonjour {prénom}", channel=Channel.MAIL, subject="Pour {prénom}", **more)


async def user(xrm, admin, login, collaborator):
    await xrm.users.create(admin, login, password="correct horse", xrm_allowed=True, collaborator=collaborator)
    session = await xrm.sign_in.sign_in("ACME", login, "correct horse", user_agent="test", address="127.0.0.1")
    return (await xrm.sign_in.actor_of(session.token))[0]


async def test_each_reader_of_a_mailing_gets_a_mail_of_their_own(xrm, admin, mail_account, mail_service):
    draft = await xrm.bulk_preparing.prepare(admin, mailing(html="<b>{prénom}</b>"))
    counts = draft.counts
    assert (counts.ready, counts.empty_fields, counts.faulty_addresses, draft.price) == (2, 1, 1, None)
    assert [(row.address, row.subject, row.html) for row in draft.first] == [
        ("lea@client.example", "Pour Léa", "<b>Léa</b>"),
        ("paul@client.example", "Pour Paul", "<b>Paul</b>"),
    ]

    await xrm.bulks.start(admin, draft.id)
    await xrm.run_until_idle()

    mails = [one.mail for one in mail_service.accepted]
    assert [(mail.to[0].email, mail.subject, mail.text, dict(mail.headers)) for mail in mails] == [
        ("lea@client.example", "Pour Léa", "Bonjour Léa", {}),
        ("paul@client.example", "Pour Paul", "Bonjour Paul", {}),
    ]


async def test_marketing_without_a_public_address_says_what_to_set(xrm, admin, mail_account):
    with pytest.raises(Conflicting) as refused:
        await xrm.bulk_preparing.prepare(admin, mailing(category=Category.MARKETING))

    assert refused.value.code == "unsubscribe_needs_https"
    told = xrm.wording.say("problems", refused.value.code, refused.value.params, language="fr")
    assert "XRM_PUBLIC_URL" in told


@pytest.mark.parametrize(
    ("given", "field", "code"),
    [
        ({"subject": ""}, "subject", "mailing_without_subject"),
        ({"subject": "{ville}"}, "subject", "merge_field_unknown"),
        ({"html": "<p>{ville}"}, "html", "merge_field_unknown"),
        ({"text": "{prenom"}, "text", "merge_brace_alone"),
        ({"channel": Channel.SMS}, "subject", "not_for_sms"),
    ],
)
async def test_a_template_that_could_never_be_sent_is_refused_at_once(xrm, admin, given, field, code):
    texts = {"subject": "Bonjour", "text": "Bonjour {prenom}"} | given

    with pytest.raises(Invalid) as refused:
        await xrm.templates.create(admin, "Printemps", **texts)

    assert refused.value.fields[field].code == code


async def test_a_preview_shows_what_a_contact_would_get_and_which_value_it_lacks(xrm, admin):
    template = await xrm.templates.create(
        admin, "Printemps", subject="{base}", text="{prénom} <{expéditeur}>", html="<p>{prénom}"
    )
    lea = await xrm.contacts.create(admin, last_name="Roux", first_name="Léa & Co", mails=[MailGiven("l@c.example")])
    roux = await xrm.contacts.create(admin, last_name="Roux", mails=[MailGiven("r@c.example")])

    shown = await xrm.templates.preview(admin, template.id, contact=lea.id, sender="COM")
    with pytest.raises(Invalid) as refused:
        await xrm.templates.preview(admin, template.id, contact=roux.id, sender="COM")

    assert (shown.subject, shown.text, shown.html) == ("Acme SARL", "Léa & Co <Léa Martin>", "<p>Léa &amp; Co")
    assert (refused.value.fields["contact"].code, refused.value.fields["contact"].params) == (
        "merge_field_empty",
        {"field": "prénom"},
    )


async def test_people_see_the_bases_templates_and_their_own_and_change_only_these(xrm, admin):
    marie = await user(xrm, admin, "marie", "COM")
    of_base = await xrm.templates.create(admin, "Base", subject="x", text="x")
    of_dir = await xrm.templates.create(admin, "Dir", collaborator="DIR", subject="x", text="x")
    own = await xrm.templates.create(marie, "Base", collaborator="COM", subject="x", text="x")

    assert [one.name for one in (await xrm.templates.list(marie)).items] == ["Base", "Base"]
    assert (await xrm.templates.change(marie, own.id, {"text": "y"})).text == "y"
    with pytest.raises(Missing):
        await xrm.templates.get(marie, of_dir.id)
    for refused in (
        xrm.templates.change(marie, of_base.id, {"text": "y"}),
        xrm.templates.remove(marie, of_base.id),
        xrm.templates.create(marie, "Neu", subject="x", text="x"),
    ):
        with pytest.raises(Forbidden):
            await refused
    with pytest.raises(Conflicting, match="template_name_taken"):
        await xrm.templates.create(admin, "Base", subject="x", text="x")


async def test_what_is_beyond_a_limit_waits_and_goes_when_there_is_room(xrm, admin, mail_account, mail_service, clock):
    await xrm.sending_limits.set(admin, mail_account, hourly=2, daily=3)
    for number in range(5):
        await xrm.sending.send_mail(admin, MailRequest("COM", (f"a{number}@client.example",), "x", "x"))

    gone = []
    for wait in (0, 30, 31, 61, 60 * 24):
        clock.advance(timedelta(minutes=wait))
        await xrm.run_until_idle()
        gone.append(len(mail_service.accepted))
    view = await xrm.sending_limits.get(admin, mail_account)

    assert gone == [2, 2, 3, 3, 5]
    assert (view.hourly, view.daily, view.sent_hour, view.sent_day) == (2, 3, 2, 2)
    assert {one.state for one in (await xrm.messages.list(admin)).items} == {"sent"}


async def test_a_limit_that_is_lifted_lets_go_at_once(xrm, admin, mail_account, mail_service):
    await xrm.sending_limits.set(admin, mail_account, hourly=1, daily=None)
    for number in range(3):
        await xrm.sending.send_mail(admin, MailRequest("COM", (f"a{number}@client.example",), "x", "x"))
    await xrm.run_until_idle()
    before = len(mail_service.accepted)

    await xrm.sending_limits.set(admin, mail_account, hourly=None, daily=None)
    await xrm.run_until_idle()

    assert (before, len(mail_service.accepted)) == (1, 3)


async def test_a_limit_counts_recipients_and_one_message_to_more_goes_alone(
    xrm, admin, mail_account, mail_service, clock
):
    await xrm.sending_limits.set(admin, mail_account, hourly=5, daily=None)
    for size in (3, 3, 2, 9, 1):
        to = tuple(f"a{number}@client.example" for number in range(size))
        await xrm.sending.send_mail(admin, MailRequest("COM", to, "x", "x"))

    gone = []
    for _ in range(5):
        await xrm.run_until_idle()
        gone.append([len(one.recipients) for one in mail_service.accepted])
        clock.advance(timedelta(minutes=61))

    assert gone == [[3], [3, 3, 2], [3, 3, 2, 9], [3, 3, 2, 9, 1], [3, 3, 2, 9, 1]]


def test_room_comes_back_when_enough_of_the_window_has_passed(clock):
    now = clock()
    counts = [(now - timedelta(minutes=50), 2), (now - timedelta(minutes=10), 3)]

    def allowance(hourly):
        return Allowance(counts, [(hourly, HOUR), (100, DAY)], now)

    assert [allowance(hourly).left for hourly in (6, 5, 3)] == [1, 0, -2]
    assert [allowance(hourly).wait_for(1) for hourly in (6, 5, 3)] == [
        timedelta(),
        timedelta(minutes=11),
        timedelta(minutes=51),
    ]
    assert allowance(6).wait_for(2) == timedelta(minutes=11)
    assert allowance(6).wait_for(200) == timedelta(days=1) - timedelta(minutes=9)


def test_as_many_messages_fit_as_their_recipients_do(clock):
    def fitting(sizes, sent):
        return Allowance([(clock(), sent)] if sent else [], [(5, HOUR)], clock()).fitting(sizes)

    assert [fitting(sizes, 0) for sizes in ([], [5, 1], [1, 9], [9, 1])] == [0, 1, 1, 1]
    assert [fitting(sizes, 2) for sizes in ([1, 2, 1], [4], [9])] == [2, 0, 0]
