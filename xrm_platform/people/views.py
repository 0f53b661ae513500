"""What the use cases of people hand out: values without secrets, people by their codes and logins."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class BaseView:
    id: str
    code: str
    name: str
    country: str
    language: str
    time_zone: str
    created_at: datetime


@dataclass(frozen=True, slots=True)
class CollaboratorTypeView:
    code: str
    label: str


@dataclass(frozen=True, slots=True)
class CollaboratorView:
    """`type` and `manager` are codes; phones are E.164."""

    code: str
    type: str | None
    last_name: str
    first_name: str
    email: str | None
    phone: str | None
    mobile: str | None
    manager: str | None
    signature_text: str
    has_signature_image: bool
    active: bool


@dataclass(frozen=True, slots=True)
class UserView:
    login: str
    is_admin: bool
    xrm_allowed: bool
    collaborator: str | None
    active: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SignedIn:
    """`token` is the value of the cookie, `expires_at` the moment after which it no longer helps to use it."""

    token: str = field(repr=False)
    csrf_token: str = field(repr=False)
    expires_at: datetime
    user: UserView


@dataclass(frozen=True, slots=True)
class TokenView:
    """An API token without its secret. `scopes` are `read`, `send`, `admin`."""

    id: str
    name: str
    scopes: tuple[str, ...]
    created_by: str
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    revoked_at: datetime | None


@dataclass(frozen=True, slots=True)
class AuditView:
    """`changes` maps a field to what it was and what it became."""

    id: str
    at: datetime
    actor: str
    action: str
    subject: str
    subject_id: str
    changes: dict[str, list[Any]]
