"""Schemas of the query string."""

from __future__ import annotations

from marshmallow import fields, validate

from xrm_platform.messaging.states import State
from xrm_platform.providers import Channel
from xrm_platform.store.paging import DEFAULT_LIMIT, MAX_LIMIT

from .bodies import Body, choice, string


class PageQuery(Body):
    after = string(64, metadata={"description": "The `next` of the page before."})
    limit = fields.Integer(load_default=DEFAULT_LIMIT, validate=validate.Range(1, MAX_LIMIT))


class MessagesQuery(PageQuery):
    channel = choice(Channel)
    state = fields.String(validate=validate.OneOf([state.value for state in State]))
    sender = string(40, metadata={"description": "Code of a collaborator."})


class OptOutsQuery(PageQuery):
    channel = fields.String(validate=validate.OneOf(["mail", "sms"]))
    address = string(metadata={"description": "Only those of this mail address or number."})


class HeldQuery(Body):
    sender = string(40, metadata={"description": "Only messages of this collaborator."})


class InboxQuery(PageQuery):
    channel = fields.String(validate=validate.OneOf(["mail", "sms"]))


class InboundQuery(Body):
    remote = fields.Boolean(
        metadata={"description": "With images from elsewhere, whose server learns that somebody reads."}
    )


class ChannelQuery(Body):
    channel = choice(Channel, metadata={"description": "Where a provider has the same name on several channels."})


class PresetsQuery(ChannelQuery):
    address = string(metadata={"description": "Only what is known of the domain of this mail address."})
    search = fields.Boolean(
        metadata={"description": "If nothing is known, ask the domain itself over https, which takes some seconds."}
    )


class AccountsQuery(PageQuery):
    channel = choice(Channel)


class ChoiceQuery(Body):
    collaborator = string(40, metadata={"description": "Whose choice; the base's default without it."})
