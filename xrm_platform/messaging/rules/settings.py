"""The rules of a base as settings: their defaults, and what may be entered. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import time
from enum import StrEnum
from typing import Any, TypedDict

from xrm_platform.messaging.mail.addresses import mail_address
from xrm_platform.messaging.sms.numbers import mobile_number
from xrm_platform.messaging.sms.segments import segment
from xrm_platform.problems import Fault, Invalid
from xrm_platform.providers import Address

from .hours import EARLIEST, LATEST, LEGAL, Window
from .stop import MENTION

MOST_TEST_ADDRESSES = 10
LONGEST_MENTION = 60
FEWEST_DAYS_KEPT = 30
MOST_DAYS_KEPT = 3660
DAYS_KEPT = 1096
"""Three years, for which the CNIL lets a company keep what it wrote to people who are no customers."""

_TIME = re.compile(r"(?:[01]\d|2[0-3]):[0-5]\d")
_STOP_NUMBER = re.compile(r"\d{3,8}|\+[1-9]\d{6,14}")


class Consent(StrEnum):
    """Whose consent marketing needs. Who withdrew theirs gets none, whatever is set.

    `CONSUMERS` are contacts without a company (CPCE L34-5); about addresses of nobody in the address book, who asks to
    send knows. `EVERYONE` refuses these too.
    """

    NOBODY = "nobody"
    CONSUMERS = "consumers"
    EVERYONE = "everyone"


@dataclass(frozen=True, slots=True)
class RulesView:
    """The rules of a base.

    In `test_mode` everything goes to `test_mails` and `test_numbers` only. `consent` is nobody, consumers or everyone.
    `stop_template` with `stop_number` in it is added to marketing SMS while `stop_mention`. Marketing SMS go from
    `hours_start` to `hours_end` on `days` (1 is Monday), on public holidays if `holidays`, by the recipient's clock.
    Texts are deleted after `keep_bodies_days`, None for never.
    """

    test_mode: bool = False
    test_mails: tuple[str, ...] = ()
    test_numbers: tuple[str, ...] = ()
    consent: str = Consent.CONSUMERS.value
    stop_mention: bool = True
    stop_template: str = MENTION
    stop_number: str | None = None
    hours_start: str = f"{LEGAL.start:%H:%M}"
    hours_end: str = f"{LEGAL.end:%H:%M}"
    days: tuple[int, ...] = tuple(sorted(LEGAL.days))
    holidays: bool = LEGAL.holidays
    keep_bodies_days: int | None = DAYS_KEPT

    @property
    def window(self) -> Window:
        return Window(
            time.fromisoformat(self.hours_start),
            time.fromisoformat(self.hours_end),
            frozenset(self.days),
            self.holidays,
        )

    @property
    def mention(self) -> str | None:
        """What a marketing SMS ends with, "" when nothing is added, None when the number for it is missing."""
        if not self.stop_mention:
            return ""
        if "{number}" not in self.stop_template:
            return self.stop_template
        return None if self.stop_number is None else self.stop_template.replace("{number}", self.stop_number)


class RulesChanges(TypedDict, total=False):
    """What is absent stays. Lists replace those before."""

    test_mode: bool
    test_mails: Sequence[str]
    test_numbers: Sequence[str]
    consent: str
    stop_mention: bool
    stop_template: str
    stop_number: str | None
    hours_start: str
    hours_end: str
    days: Sequence[int]
    holidays: bool
    keep_bodies_days: int | None


def changed(before: RulesView, changes: RulesChanges, country: str) -> RulesView:
    """The rules after `changes`; numbers are those of `country` (ISO 3166). Raises `Invalid` with all that is wrong."""
    faults: dict[str, Fault | str] = {}
    values: dict[str, Any] = {**asdict(before), **changes}
    values["test_mails"] = _addresses("test_mails", values["test_mails"], _mail, faults)
    values["test_numbers"] = _addresses(
        "test_numbers", values["test_numbers"], lambda one: mobile_number(one, country), faults
    )
    if values["consent"] not in list(Consent):
        faults["consent"] = Fault(
            "unknown_choice", {"given": str(values["consent"])[:40], "allowed": ", ".join(Consent)}
        )
    _check_stop(values, faults)
    _check_hours(values, faults)
    kept = values["keep_bodies_days"]
    if kept is not None and not FEWEST_DAYS_KEPT <= kept <= MOST_DAYS_KEPT:
        faults["keep_bodies_days"] = Fault("days_kept", {"fewest": FEWEST_DAYS_KEPT, "most": MOST_DAYS_KEPT})
    if values["test_mode"] and not values["test_mails"] and not values["test_numbers"]:
        faults.setdefault("test_mode", Fault("test_mode_without_address"))
    if faults:
        raise Invalid(faults)
    return RulesView(**values)


def _addresses(field: str, given: Sequence[str], read: Any, faults: dict[str, Fault | str]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for index, one in enumerate(given):
        address = read(one)
        if isinstance(address, Fault):
            faults[f"{field}.{index}"] = address
        else:
            found[address] = None
    if len(found) > MOST_TEST_ADDRESSES:
        faults[field] = Fault("too_many_test_addresses", {"limit": MOST_TEST_ADDRESSES})
    return tuple(found)


def _mail(given: str) -> str | Fault:
    address = mail_address(given)
    return address.email if isinstance(address, Address) else address


def _check_stop(values: Mapping[str, Any], faults: dict[str, Fault | str]) -> None:
    template, number = values["stop_template"], values["stop_number"]
    if number is not None and not _STOP_NUMBER.fullmatch(number):
        faults["stop_number"] = Fault("stop_number_malformed", {"given": number[:40]})
    if not template.strip() or len(template) > LONGEST_MENTION or "\n" in template or "STOP" not in template.upper():
        faults["stop_template"] = Fault("stop_template_malformed", {"limit": LONGEST_MENTION})
    elif forcing := segment(template).forcing:
        faults["stop_template"] = Fault("stop_template_unicode", {"characters": " ".join(forcing)[:40]})


def _check_hours(values: dict[str, Any], faults: dict[str, Fault | str]) -> None:
    start, end = values["hours_start"], values["hours_end"]
    bounds = {"earliest": f"{EARLIEST:%H:%M}", "latest": f"{LATEST:%H:%M}"}
    for field, given in (("hours_start", start), ("hours_end", end)):
        if not _TIME.fullmatch(given) or not EARLIEST <= time.fromisoformat(given) <= LATEST:
            faults[field] = Fault("hour_not_allowed", bounds)
    if not faults.keys() & {"hours_start", "hours_end"} and start >= end:
        faults["hours_end"] = Fault("hours_in_wrong_order")
    days = values["days"] = tuple(sorted(set(values["days"])))
    if not days or not set(days) <= set(range(1, 8)):
        faults["days"] = Fault("days_malformed")
