"""The OpenAPI 3.1 document, drawn from the same declarations that answer the requests."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from apispec import APISpec
from apispec.ext.marshmallow import MarshmallowPlugin
from marshmallow import Schema, fields

from xrm_platform import __version__

from .endpoints import Endpoint, Need
from .refusals import CONTENT_TYPE

PREFIX = "/api/v1"
_PARAMETER = re.compile(r"\{(\w+)\}")
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})
_PARAMETERS = {
    "base": "Code of the base; one's own, any other is answered as unknown.",
    "code": "Code of a collaborator, such as COM.",
    "name": "Name of a saved selection.",
    "address": "A phone number as people write it, or a mail address.",
    "file": "Id of a file, as its message gives it.",
    "login": "Login of a user.",
    "slug": "Name of a provider, such as smtp.",
    "channel": "mail, sms or calendar.",
    "id": "Id, as the listing gives it.",
}
_SAID = {
    401: "Nobody is signed in, or the token is refused.",
    403: "Not allowed; the sentence says what to set and where.",
    404: "There is no such thing, or not for you.",
    409: "It is not in a state for that.",
    413: "More bytes than are taken.",
    415: "The body is of another kind than is taken.",
    422: "What was given is wrong; `errors` says where.",
    429: "Too often; `Retry-After` says when again.",
}
_ABOUT = """Sending mail and SMS for the collaborators of a base, through the providers that were chosen for them.

A host application sends `Authorization: Bearer xrm_…`. A browser signs in (`POST /api/v1/session`) and, for what
changes something, shows the session's token in `X-CSRF-Token`. Listings come in pages: give `next` as `after`.
What is refused is answered as a problem (RFC 9457) in French or English, as `Accept-Language` says."""


class ProblemDocument(Schema):
    """RFC 9457. `type` and `code` are stable, `title` and `detail` are for people, `instance` is the request's id."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    detail = fields.String(required=True)
    instance = fields.String(required=True)
    code = fields.String(required=True)
    params = fields.Dict(keys=fields.String(), required=True)
    errors = fields.Dict(
        keys=fields.String(),
        values=fields.List(fields.String()),
        metadata={"description": "With 422: sentences by the path of the field (`to.0`, `settings.port`)."},
    )


def document(endpoints: Iterable[Endpoint], *, cookie: str = "xrm") -> dict[str, Any]:
    """The document for an installation whose session cookie is named `cookie`."""
    plugin = MarshmallowPlugin(schema_name_resolver=_component)
    spec = APISpec(
        title="XRM Platform",
        version=__version__,
        openapi_version="3.1.0",
        info={"description": _ABOUT, "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"}},
        plugins=[plugin],
    )
    spec.components.security_scheme("token", {"type": "http", "scheme": "bearer"})
    spec.components.security_scheme("session", {"type": "apiKey", "in": "cookie", "name": cookie})
    spec.components.security_scheme("csrf", {"type": "apiKey", "in": "header", "name": "X-CSRF-Token"})
    spec.components.schema("Problem", schema=ProblemDocument)
    for endpoint in endpoints:
        spec.path(PREFIX + endpoint.path, operations={endpoint.method.lower(): _operation(endpoint)})
    return spec.to_dict()


def _component(schema: Any) -> str:
    """Called with a class or an instance."""
    kind = schema if isinstance(schema, type) else type(schema)
    return kind.__name__


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [endpoint.tag],
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
        "security": _security(endpoint),
    }
    if endpoint.description:
        operation["description"] = endpoint.description
    if endpoint.body is not None:
        operation["requestBody"] = {"required": True, "content": {"application/json": {"schema": endpoint.body}}}
    if endpoint.body_types:
        operation["requestBody"] = {"required": True, "content": {kind: {} for kind in endpoint.body_types}}
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parameters: list[dict[str, Any]] = [
        {
            "in": "path",
            "name": name,
            "required": True,
            "schema": {"type": "string"},
            "description": _PARAMETERS[name],
        }
        for name in _PARAMETER.findall(endpoint.path)
    ]
    if endpoint.query is not None:
        parameters.append({"in": "query", "schema": endpoint.query})
    if endpoint.idempotent:
        parameters.append(
            {
                "in": "header",
                "name": "Idempotency-Key",
                "schema": {"type": "string", "pattern": "^[!-~]{1,200}$"},
                "description": "The same at every attempt of one wish: it is then done once.",
            }
        )
    return parameters


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    done: dict[str, Any] = {"description": "Done"}
    if endpoint.answer is not None:
        done["content"] = {"application/json": {"schema": endpoint.answer}}
    elif endpoint.answer_types:
        done["content"] = {kind: {} for kind in endpoint.answer_types}
    refusals = {str(status): _refusal(_SAID[status]) for status in _statuses(endpoint)}
    return {str(endpoint.status): done, **refusals, "default": _refusal("What went wrong.")}


def _statuses(endpoint: Endpoint) -> list[int]:
    """The refusals that the declaration itself implies; any other is the `default`."""
    statuses = set()
    if endpoint.need is not Need.NOTHING:
        statuses.add(401)
    if endpoint.need in (Need.READ, Need.SEND, Need.ADMIN) or endpoint.method in _UNSAFE:
        statuses.add(403)
    if "{" in endpoint.path:
        statuses.add(404)
    if endpoint.body is not None or endpoint.body_types:
        statuses |= {413, 415, 422}
    if endpoint.query is not None:
        statuses.add(422)
    if endpoint.method in _UNSAFE:
        statuses.add(409)
    if endpoint.need is Need.NOTHING:
        statuses |= {401, 429}
    return sorted(statuses)


def _refusal(description: str) -> dict[str, Any]:
    return {"description": description, "content": {CONTENT_TYPE: {"schema": "Problem"}}}


def _security(endpoint: Endpoint) -> list[dict[str, list[str]]]:
    if endpoint.need is Need.NOTHING:
        return []
    with_cookie: dict[str, list[str]] = {"session": []}
    if endpoint.method in _UNSAFE:
        with_cookie["csrf"] = []
    return [{"token": []}, with_cookie]
