"""Who asks: a user in a browser, a token of a host application, or the operator of the machine."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What an API token is for. `ADMIN` includes the others."""

    READ = "read"
    SEND = "send"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Made anew from rows for every request, so a change of rights takes effect at once.

    `name` is written into the audit (`user:marie`, `token:erp`, `operator:root`). `collaborator_id` is whom a user may
    act as; `speaks_for_all` is true for an operator or a token, which name the collaborator they act for. `scopes` is
    None for those who have all that their rights give.
    """

    base_id: str
    base_code: str
    name: str
    is_admin: bool
    xrm_allowed: bool
    collaborator_id: str | None = None
    user_id: str | None = None
    speaks_for_all: bool = False
    scopes: frozenset[Scope] | None = None
    language: str = "fr"
