from dataclasses import replace

import pytest

from xrm_platform.people.actor import Actor, Scope
from xrm_platform.people.rights import (
    require_admin,
    require_collaborative,
    require_may_send_as,
    require_scope,
    sees_all_messages,
)
from xrm_platform.problems import Forbidden

MARIE = Actor(
    base_id="base",
    base_code="ACME",
    name="user:marie",
    is_admin=False,
    xrm_allowed=True,
    collaborator_id="com",
    user_id="marie",
)
TOKEN = Actor(
    base_id="base",
    base_code="ACME",
    name="token:erp",
    is_admin=False,
    xrm_allowed=True,
    speaks_for_all=True,
    scopes=frozenset({Scope.SEND}),
)
ADMIN_TOKEN = replace(TOKEN, is_admin=True, scopes=frozenset({Scope.ADMIN}))


def refusal(rule, *args):
    with pytest.raises(Forbidden) as caught:
        rule(*args)
    return caught.value.code


def test_only_an_administrator_passes_for_one():
    require_admin(replace(MARIE, is_admin=True))
    require_admin(ADMIN_TOKEN)
    assert refusal(require_admin, MARIE) == "admin_only"
    assert refusal(require_admin, TOKEN) == "admin_only"


def test_a_token_has_its_scopes_and_admin_has_them_all():
    require_scope(TOKEN, Scope.SEND)
    require_scope(MARIE, Scope.ADMIN)
    for scope in Scope:
        require_scope(ADMIN_TOKEN, scope)
    assert refusal(require_scope, TOKEN, Scope.READ) == "scope_missing"


def test_collaborative_features_need_the_authorisation_and_a_collaborator():
    require_collaborative(MARIE)
    require_collaborative(TOKEN)
    assert refusal(require_collaborative, replace(MARIE, xrm_allowed=False)) == "xrm_not_allowed"
    assert refusal(require_collaborative, replace(MARIE, collaborator_id=None)) == "no_collaborator"


def test_an_administrator_needs_the_authorisation_too():
    admin = replace(MARIE, is_admin=True, xrm_allowed=False)

    assert refusal(require_may_send_as, admin, "com") == "xrm_not_allowed"


def test_one_sends_as_oneself_and_administrators_and_tokens_as_anybody():
    require_may_send_as(MARIE, "com")
    require_may_send_as(replace(MARIE, is_admin=True), "dir")
    require_may_send_as(TOKEN, "dir")
    assert refusal(require_may_send_as, MARIE, "dir") == "send_as_other"
    assert refusal(require_may_send_as, replace(TOKEN, scopes=frozenset({Scope.READ})), "dir") == "scope_missing"


def test_administrators_and_tokens_see_the_messages_of_all():
    assert sees_all_messages(replace(MARIE, is_admin=True))
    assert sees_all_messages(TOKEN)
    assert not sees_all_messages(MARIE)
