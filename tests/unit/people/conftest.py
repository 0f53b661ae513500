import pytest

from xrm_platform.people.actor import Scope
from xrm_platform.people.api_tokens import ApiTokens
from xrm_platform.people.audit import Audit
from xrm_platform.people.collaborators import Collaborators
from xrm_platform.people.contacts.contacts import Contacts
from xrm_platform.people.sign_in import SignIn
from xrm_platform.people.users import Users

PASSWORD = "a long enough one"


@pytest.fixture
def collaborators(store, clock):
    return Collaborators(store, clock)


@pytest.fixture
def contacts(store, clock):
    return Contacts(store, clock)


@pytest.fixture
def users(store, clock, passwords):
    return Users(store, clock, passwords)


@pytest.fixture
def sign_in(store, clock, passwords):
    return SignIn(store, clock, passwords)


@pytest.fixture
def tokens(store, clock):
    return ApiTokens(store, clock)


@pytest.fixture
def audit(store):
    return Audit(store)


@pytest.fixture
def as_user(users, sign_in, operator):
    """Makes a user of ACME, signs them in and gives their actor."""

    async def make(login, **rights):
        await users.create(operator, login, password=PASSWORD, **rights)
        signed_in = await sign_in.sign_in("ACME", login, PASSWORD, user_agent="", address="192.0.2.1")
        actor, _ = await sign_in.actor_of(signed_in.token)
        return actor

    return make


@pytest.fixture
def as_token(tokens, operator):
    """Makes a token of ACME and gives its actor."""

    async def make(*scopes):
        _, plaintext = await tokens.create(operator, f"erp {' '.join(scopes)}", [Scope(scope) for scope in scopes])
        return await tokens.actor_of(plaintext)

    return make
