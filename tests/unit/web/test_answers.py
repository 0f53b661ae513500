"""Schemas of answers are drawn from views."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from xrm_platform.people.views import CollaboratorView
from xrm_platform.store import Page
from xrm_platform.web.schemas.answers import page_schema, view_schema


@dataclass(frozen=True, slots=True)
class Inner:
    name: str


@dataclass(frozen=True, slots=True)
class OuterView:
    """An example."""

    at: datetime
    kind: Literal["a", "b"]
    inner: Inner | None
    many: tuple[Inner, ...]
    extra: Mapping[str, Any]
    free: str | int | None
    count: int = 0


OUTER = OuterView(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "a", Inner("x"), (Inner("y"),), {"k": 1}, 7)


def test_a_view_comes_out_as_its_members() -> None:
    written = view_schema(OuterView)().dump(OUTER)
    assert written == {**dataclasses.asdict(OUTER), "at": "2026-01-02T03:04:05+00:00", "many": [{"name": "y"}]}
    assert json.loads(json.dumps(written)) == written


def test_the_members_of_a_schema_are_those_of_its_view_in_their_order() -> None:
    assert list(view_schema(CollaboratorView)().fields) == [
        member.name for member in dataclasses.fields(CollaboratorView)
    ]


def test_a_page_has_items_and_the_key_of_the_next() -> None:
    assert page_schema(Inner)().dump(Page((Inner("x"),), "x")) == {"items": [{"name": "x"}], "next": "x"}


def test_a_view_has_one_schema_however_often_it_is_asked_for() -> None:
    assert view_schema(Inner) is view_schema(Inner)
