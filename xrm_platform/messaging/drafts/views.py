"""Drafts as they are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class DraftView:
    """How a mail got into the person's mail software: `rung` is `mailbox`, `file` or `link`, `next_step` and `losses`
    are codes whose sentences the provider has. `refused_code` says why a better way was not taken. `uri` is the link;
    with a `filename` there is a file to fetch. `open`: it waits for the person. `gone`: it is neither among the drafts
    nor among the sent mail.

    `told` are the sentences for a person: what to do now, what could not go this way, and why not a better one. There
    are none once it is sent.
    """

    rung: str
    at: datetime
    next_step: str
    params: Mapping[str, Any]
    losses: tuple[str, ...]
    refused_code: str | None
    refused_params: Mapping[str, Any]
    uri: str | None
    filename: str
    size: int
    open: bool
    gone: bool
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class DraftFile:
    """A message as a file that mail software opens (RFC 5322)."""

    filename: str
    content: bytes
