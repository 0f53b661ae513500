"""Schemas of what is asked for. They check shapes and sizes; what the words mean is the use cases' to check."""

from __future__ import annotations

from typing import Any

from marshmallow import RAISE, Schema, fields, validate

from xrm_platform.messaging.requests import Category
from xrm_platform.people.actor import Scope
from xrm_platform.providers import Channel

CODE_LENGTH = 40
LINE_LENGTH = 320
TEXT_LENGTH = 1_000_000
SMS_LENGTH = 5_000
MOST_RECIPIENTS = 1_000
MOST_ATTACHMENTS = 50
MOST_COUNTED = 1_000_000


class Body(Schema):
    class Meta:
        unknown = RAISE


def string(limit: int = LINE_LENGTH, **options: Any) -> fields.String:
    return fields.String(validate=validate.Length(max=limit), **options)


def choice(kind: type[Scope | Channel | Category], **options: Any) -> fields.String:
    return fields.String(validate=validate.OneOf([member.value for member in kind]), **options)


class SignIn(Body):
    base = string(CODE_LENGTH, required=True)
    login = string(required=True)
    password = string(1024, required=True, load_only=True)


class PasswordChange(Body):
    current_password = string(1024, required=True, load_only=True)
    new_password = string(1024, required=True, load_only=True)


class CollaboratorChange(Body):
    """What is left out stays as it is."""

    type = string(CODE_LENGTH, allow_none=True)
    last_name = string()
    first_name = string()
    email = string(allow_none=True)
    phone = string(CODE_LENGTH, allow_none=True)
    mobile = string(CODE_LENGTH, allow_none=True)
    manager = string(CODE_LENGTH, allow_none=True)
    signature_text = string(20_000)
    active = fields.Boolean()


class CollaboratorNew(CollaboratorChange):
    code = string(CODE_LENGTH, required=True)
    last_name = string(required=True)


class CollaboratorTypeNew(Body):
    code = string(CODE_LENGTH, required=True)
    label = string(required=True)


class UserChange(Body):
    """What is left out stays as it is. A new password ends the user's sessions."""

    password = string(1024, load_only=True)
    is_admin = fields.Boolean()
    xrm_allowed = fields.Boolean()
    collaborator = string(CODE_LENGTH, allow_none=True)
    active = fields.Boolean()


class UserNew(Body):
    login = string(required=True)
    password = string(1024, load_only=True, allow_none=True)
    is_admin = fields.Boolean()
    xrm_allowed = fields.Boolean()
    collaborator = string(CODE_LENGTH, allow_none=True)


class TokenNew(Body):
    name = string(required=True)
    scopes = fields.List(choice(Scope), required=True, validate=validate.Length(min=1, max=len(Scope)))
    expires_at = fields.AwareDateTime(allow_none=True)


class AccountNew(Body):
    provider = string(CODE_LENGTH, required=True)
    name = string(required=True)
    settings = fields.Dict(
        keys=fields.String(),
        required=True,
        metadata={"description": "As the provider's `settings` say. Secrets go in and never come out."},
    )
    channel = choice(Channel, allow_none=True)
    collaborator = string(CODE_LENGTH, allow_none=True)
    default = fields.Boolean()


class AccountChange(Body):
    """What is left out stays as it is; settings are merged, so a secret left out is kept."""

    name = string()
    settings = fields.Dict(keys=fields.String())


class ChoiceNew(Body):
    account = string(CODE_LENGTH, required=True)


class MailSoftwareChange(Body):
    """What is left out stays as it is; null is none, for a collaborator what the base has."""

    apple = string(CODE_LENGTH, allow_none=True, metadata={"description": "mail, entourage or outlook."})
    windows = string(CODE_LENGTH, allow_none=True, metadata={"description": "outlook."})


class MailPreferencesChange(Body):
    """What is left out stays as it is."""

    mail_software = fields.Nested(MailSoftwareChange)
    direct_sending = string(
        CODE_LENGTH,
        allow_none=True,
        metadata={"description": "Id of the account by which mail goes out; null is none, or what the base has."},
    )


class PreferencesChange(MailPreferencesChange):
    sms_paused = fields.Boolean()


class MailTestNew(Body):
    sender = string(
        CODE_LENGTH,
        allow_none=True,
        metadata={"description": "Code of a collaborator; else whose account it is, or who asks."},
    )
    to = string(1000, allow_none=True, metadata={"description": "Else the sender's own address."})


class AttachmentNew(Body):
    filename = string(255, required=True)
    content = fields.String(
        required=True,
        metadata={"description": "Base64 (RFC 4648 §4) of the file.", "contentEncoding": "base64"},
    )
    content_type = string(127, allow_none=True)


def _recipients(**options: Any) -> fields.List[Any]:
    return fields.List(string(1000), validate=validate.Length(max=MOST_RECIPIENTS), **options)


class _Message(Body):
    sender = string(CODE_LENGTH, required=True, metadata={"description": "Code of the collaborator who sends."})
    category = choice(Category)
    priority = fields.Integer(
        strict=True, validate=validate.Range(-1000, 1000), metadata={"description": "Higher goes first.", "default": 0}
    )
    at = fields.AwareDateTime(allow_none=True, metadata={"description": "Not before this time; now without it."})
    account = string(CODE_LENGTH, allow_none=True, metadata={"description": "Else the one chosen for the sender."})


class MailNew(_Message):
    to = _recipients(metadata={"description": "`a@b.fr` or `Name <a@b.fr>`."})
    cc = _recipients()
    bcc = _recipients()
    reply_to = string(1000, allow_none=True)
    subject = string(998)
    text = string(TEXT_LENGTH)
    html = fields.String(validate=validate.Length(max=TEXT_LENGTH), allow_none=True)
    attachments = fields.List(fields.Nested(AttachmentNew), validate=validate.Length(max=MOST_ATTACHMENTS))
    answers = string(
        CODE_LENGTH, allow_none=True, metadata={"description": "Id of a mail that came in, to answer in its thread."}
    )


class SmsNew(_Message):
    to = _recipients(required=True, metadata={"description": "Numbers as people write them, or E.164."})
    text = string(SMS_LENGTH, required=True)


class SmsPreviewNew(Body):
    text = string(SMS_LENGTH, required=True)
    sender = string(CODE_LENGTH, metadata={"description": "Whose account counts; the base's default without it."})
    to = _recipients(metadata={"description": "Numbers, checked as for sending."})
    recipients = fields.Integer(
        strict=True, validate=validate.Range(1, MOST_COUNTED), metadata={"description": "How many; else those of `to`."}
    )
    category = choice(Category)
    account = string(CODE_LENGTH, allow_none=True)
