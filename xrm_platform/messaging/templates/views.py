"""What is asked of templates, and what they hand out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TemplateView:
    """`collaborator` (code) has it alone; None means that it is the base's. `html` is None where there is none."""

    id: str
    name: str
    channel: str
    collaborator: str | None
    subject: str
    text: str
    html: str | None
    changed_at: datetime
    changed_by: str


@dataclass(frozen=True, slots=True)
class TemplatePreview:
    """A template as `contact` (name) would get it from the collaborator `sender` (code), less the signature and what
    marketing needs."""

    contact: str
    sender: str
    subject: str
    text: str
    html: str | None
