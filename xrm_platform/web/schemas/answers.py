"""Schemas of what is answered, drawn from the dataclasses that the use cases return: a view is described once."""

from __future__ import annotations

import dataclasses
import enum
import functools
import inspect
import types
import typing
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, fields, validate

_PLAIN: dict[Any, type[fields.Field[Any]]] = {
    str: fields.String,
    bool: fields.Boolean,
    int: fields.Integer,
    float: fields.Float,
    datetime: fields.AwareDateTime,
}


@functools.cache
def view_schema(view: type) -> type[Schema]:
    """The schema of a dataclass; members are those of the class, with its types and in its order."""
    hints = typing.get_type_hints(view)
    members = {member.name: _field(hints[member.name], required=True) for member in dataclasses.fields(view)}
    return _schema(component_name(view), members, inspect.cleandoc(view.__doc__ or ""))


@functools.cache
def page_schema(view: type) -> type[Schema]:
    """A page of a listing: `items`, and in `next` what to give as `after` for the following page."""
    following = fields.String(required=True, allow_none=True, metadata={"description": "To be given as `after`."})
    return _schema(f"{component_name(view)}Page", {"items": _items(view), "next": following})


@functools.cache
def list_schema(view: type) -> type[Schema]:
    """A listing that is short enough to come whole."""
    return _schema(f"{component_name(view)}List", {"items": _items(view)})


def _items(view: type) -> fields.Field[Any]:
    return fields.List(fields.Nested(view_schema(view)), required=True)


def _schema(name: str, members: Mapping[str, fields.Field[Any]], description: str = "") -> type[Schema]:
    """Open to members that a later version adds, so that clients made from the document live on."""
    said = {"description": description} if description else {}
    meta = type("Meta", (), {"unknown": EXCLUDE, **said})
    return types.new_class(name, (Schema,), exec_body=lambda body: body.update(members, Meta=meta))


def component_name(view: type) -> str:
    return view.__name__.removesuffix("View")


def _field(hint: Any, **options: Any) -> fields.Field[Any]:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return _union(arguments, options)
    if origin is not None:
        return _generic(origin, arguments, options)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return fields.Nested(view_schema(hint), **options)
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return fields.Enum(hint, by_value=True, **options)
    return _PLAIN.get(hint, fields.Raw)(**options)


def _generic(origin: Any, arguments: tuple[Any, ...], options: dict[str, Any]) -> fields.Field[Any]:
    if origin is typing.Literal:
        return fields.String(validate=validate.OneOf(arguments), **options)
    if issubclass(origin, Mapping):
        return fields.Dict(keys=fields.String(), **options)
    return fields.List(_field(arguments[0]), **options)


def _union(arguments: tuple[Any, ...], options: dict[str, Any]) -> fields.Field[Any]:
    some = [argument for argument in arguments if argument is not type(None)]
    if len(some) == 1:
        return _field(some[0], allow_none=True, **options)
    return fields.Raw(allow_none=True, **options)
