"""Collaborators and their types, users, API tokens, and the audit."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import cast

from xrm_platform.messaging.mail.previewing import SignatureView
from xrm_platform.people.collaborators import CollaboratorChanges
from xrm_platform.people.users import UserChanges
from xrm_platform.people.views import AuditView, CollaboratorTypeView, CollaboratorView, TokenView, UserView
from xrm_platform.store import Page
from xrm_platform.web.calls import Call
from xrm_platform.web.endpoints import Answer, Binary, Need, endpoint
from xrm_platform.web.schemas.answers import list_schema, page_schema, view_schema
from xrm_platform.web.schemas.bodies import (
    CollaboratorChange,
    CollaboratorNew,
    CollaboratorTypeNew,
    TokenNew,
    UserChange,
    UserNew,
)
from xrm_platform.web.schemas.queries import PageQuery

COLLABORATORS = "/bases/{base}/collaborators"
COLLABORATOR = COLLABORATORS + "/{code}"
IMAGE_TYPES = ("image/png", "image/jpeg")
TYPES = "/bases/{base}/collaborator-types"
USERS = "/bases/{base}/users"
TOKENS = "/bases/{base}/tokens"


@dataclass(frozen=True, slots=True)
class NewTokenView:
    """`secret` is what the host application sends as `Authorization: Bearer …`. It is shown this once."""

    token: TokenView
    secret: str = field(repr=False)


@endpoint(
    "GET",
    COLLABORATORS,
    "collaborators",
    "List collaborators",
    Need.READ,
    query=PageQuery,
    answer=page_schema(CollaboratorView),
)
async def list_collaborators(call: Call) -> Page[CollaboratorView]:
    return await call.xrm.collaborators.list(call.actor, **call.query)


@endpoint(
    "POST",
    COLLABORATORS,
    "collaborators",
    "Add a collaborator",
    Need.ADMIN,
    body=CollaboratorNew,
    answer=view_schema(CollaboratorView),
    status=201,
)
async def add_collaborator(call: Call) -> Answer:
    """Phones without + are numbers of the base's country; they are stored as E.164."""
    view = await call.xrm.collaborators.create(call.actor, **call.body)
    return Answer(view, headers={"Location": f"{call.request.path}/{view.code}"})


@endpoint("GET", COLLABORATOR, "collaborators", "Show a collaborator", Need.READ, answer=view_schema(CollaboratorView))
async def show_collaborator(call: Call) -> CollaboratorView:
    return await call.xrm.collaborators.get(call.actor, call.path["code"])


@endpoint(
    "PATCH",
    COLLABORATOR,
    "collaborators",
    "Change a collaborator",
    Need.ADMIN,
    body=CollaboratorChange,
    answer=view_schema(CollaboratorView),
)
async def change_collaborator(call: Call) -> CollaboratorView:
    return await call.xrm.collaborators.change(call.actor, call.path["code"], cast("CollaboratorChanges", call.body))


@endpoint(
    "GET",
    COLLABORATOR + "/signature-image",
    "collaborators",
    "Fetch the image of a signature",
    Need.READ,
    answer_types=IMAGE_TYPES,
)
async def show_signature_image(call: Call) -> Binary:
    return Binary(*await call.xrm.collaborators.signature_image(call.actor, call.path["code"]))


@endpoint(
    "PUT",
    COLLABORATOR + "/signature-image",
    "collaborators",
    "Set the image of a signature",
    Need.ADMIN,
    body_types=IMAGE_TYPES,
    body_limit=None,
    answer=view_schema(CollaboratorView),
)
async def set_signature_image(call: Call) -> CollaboratorView:
    """PNG or JPEG, at most 10 MB: made upright, at most 600 × 300 pixels and 100 kB, without what cameras write into
    it."""
    return await call.xrm.collaborators.set_signature_image(call.actor, call.path["code"], call.content)


@endpoint(
    "GET",
    COLLABORATOR + "/signature",
    "collaborators",
    "See a signature as mails will have it",
    Need.READ,
    answer=view_schema(SignatureView),
)
async def show_signature(call: Call) -> SignatureView:
    """Text, HTML, and a whole page that shows the HTML with its image."""
    return await call.xrm.signatures.show(call.actor, call.path["code"])


@endpoint(
    "DELETE",
    COLLABORATOR + "/signature-image",
    "collaborators",
    "Remove the image of a signature",
    Need.ADMIN,
    answer=view_schema(CollaboratorView),
)
async def remove_signature_image(call: Call) -> CollaboratorView:
    return await call.xrm.collaborators.set_signature_image(call.actor, call.path["code"], None)


@endpoint(
    "GET", TYPES, "collaborators", "List types of collaborators", Need.READ, answer=list_schema(CollaboratorTypeView)
)
async def list_collaborator_types(call: Call) -> dict[str, tuple[CollaboratorTypeView, ...]]:
    return {"items": await call.xrm.collaborators.types(call.actor)}


@endpoint(
    "POST",
    TYPES,
    "collaborators",
    "Add a type of collaborators",
    Need.ADMIN,
    body=CollaboratorTypeNew,
    answer=view_schema(CollaboratorTypeView),
    status=201,
)
async def add_collaborator_type(call: Call) -> CollaboratorTypeView:
    return await call.xrm.collaborators.add_type(call.actor, call.body["code"], call.body["label"])


@endpoint("GET", USERS, "users", "List users", Need.ADMIN, query=PageQuery, answer=page_schema(UserView))
async def list_users(call: Call) -> Page[UserView]:
    return await call.xrm.users.list(call.actor, **call.query)


@endpoint("POST", USERS, "users", "Add a user", Need.ADMIN, body=UserNew, answer=view_schema(UserView), status=201)
async def add_user(call: Call) -> Answer:
    """Without `xrm_allowed` and a collaborator a user can use no collaborative feature. Without a password they cannot
    sign in yet."""
    view = await call.xrm.users.create(call.actor, **call.body)
    return Answer(view, headers={"Location": f"{call.request.path}/{view.login}"})


@endpoint("GET", USERS + "/{login}", "users", "Show a user", Need.ADMIN, answer=view_schema(UserView))
async def show_user(call: Call) -> UserView:
    return await call.xrm.users.get(call.actor, call.path["login"])


@endpoint(
    "PATCH", USERS + "/{login}", "users", "Change a user", Need.ADMIN, body=UserChange, answer=view_schema(UserView)
)
async def change_user(call: Call) -> UserView:
    """The last active administrator of a base can be neither demoted nor deactivated."""
    return await call.xrm.users.change(call.actor, call.path["login"], cast("UserChanges", call.body))


@endpoint("GET", TOKENS, "tokens", "List API tokens", Need.ADMIN, answer=list_schema(TokenView))
async def list_tokens(call: Call) -> dict[str, tuple[TokenView, ...]]:
    """Revoked ones too, oldest first."""
    return {"items": await call.xrm.tokens.list(call.actor)}


@endpoint(
    "POST",
    TOKENS,
    "tokens",
    "Make an API token",
    Need.ADMIN,
    body=TokenNew,
    answer=view_schema(NewTokenView),
    status=201,
)
async def make_token(call: Call) -> NewTokenView:
    """For a host application. The secret is shown this once."""
    token, secret = await call.xrm.tokens.create(
        call.actor,
        call.body["name"],
        call.body["scopes"],
        expires_at=call.body.get("expires_at"),
    )
    return NewTokenView(token, secret)


@endpoint("DELETE", TOKENS + "/{id}", "tokens", "Revoke an API token", Need.ADMIN, status=204)
async def revoke_token(call: Call) -> None:
    await call.xrm.tokens.revoke(call.actor, call.path["id"])


@endpoint(
    "GET",
    "/bases/{base}/audit",
    "audit",
    "Who changed what",
    Need.ADMIN,
    query=PageQuery,
    answer=page_schema(AuditView),
)
async def list_audit(call: Call) -> Page[AuditView]:
    """Newest first. Secrets are written as `***`."""
    return await call.xrm.audit.list(call.actor, **call.query)
