"""The texts of a template, each under its field: which there have to be, and which merge fields they may have. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from xrm_platform.messaging.checks import MAX_BODY, is_text
from xrm_platform.problems import Invalid
from xrm_platform.providers import Channel

from .merge_fields import Template, bound, is_one_line
from .people import CONTACT_FIELDS, OWN_FIELDS, KeyOf, contact_key

Templates = Mapping[str, Template]


def texts_of(channel: Channel, subject: str, text: str, html: str | None) -> dict[str, str]:
    """What a template of `channel` is made of, by field. Raises `Invalid` for what no message of it can have."""
    texts = {"text": text}
    if channel is Channel.MAIL:
        texts = {"subject": subject, "text": text} | ({} if html is None else {"html": html})
        if not subject.strip():
            raise Invalid.field("subject", "mailing_without_subject")
        if not is_one_line(subject):
            raise Invalid.field("subject", "line_break")
    elif subject or html is not None:
        raise Invalid.field("subject" if subject else "html", "not_for_sms")
    if not text.strip() and not (html or "").strip():
        raise Invalid.field("text", "empty_body")
    for name, given in texts.items():
        if not is_text(given):
            raise Invalid.field(name, "not_text")
        if len(given) > MAX_BODY:
            raise Invalid.field(name, "text_too_long", limit=MAX_BODY, length=len(given))
    return texts


def bound_to_contacts(templates: Templates) -> Templates:
    """Raises `Invalid` for a field that no contact has."""
    return bound_texts(templates, contact_key, (*CONTACT_FIELDS.values(), *OWN_FIELDS.values()))


def bound_texts(templates: Templates, key_of: KeyOf, known: Sequence[str]) -> Templates:
    """By the fields that `key_of` knows. Raises `Invalid` that names those which there are not."""
    return {name: bound(template, key_of, known, name) for name, template in templates.items()}
