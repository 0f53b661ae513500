"""The document of the API is valid, and complete."""

import json

import pytest
from openapi_spec_validator import validate

from xrm_platform.web.application import ENDPOINTS
from xrm_platform.web.endpoints import Need
from xrm_platform.web.openapi import PREFIX, document

DOCUMENT = document(ENDPOINTS)
OPERATIONS = {
    (method.upper(), path): operation
    for path, operations in DOCUMENT["paths"].items()
    for method, operation in operations.items()
}


def test_it_is_valid_openapi_3_1() -> None:
    assert DOCUMENT["openapi"] == "3.1.0"
    validate(DOCUMENT)


def test_it_has_every_endpoint_once() -> None:
    assert set(OPERATIONS) == {(endpoint.method, PREFIX + endpoint.path) for endpoint in ENDPOINTS}
    assert len({operation["operationId"] for operation in OPERATIONS.values()}) == len(ENDPOINTS)


def test_secrets_are_in_no_answer() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    answered = {name for name, schema in schemas.items() if "password" in schema.get("properties", {})}
    assert answered == {"SignIn", "UserNew", "UserChange"}


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_operation_says_who_may_and_what_goes_wrong(endpoint) -> None:
    operation = OPERATIONS[endpoint.method, PREFIX + endpoint.path]
    assert operation["summary"]
    assert "default" in operation["responses"]
    assert (operation["security"] == []) == (endpoint.need is Need.NOTHING)
    if endpoint.body is not None:
        schema = operation["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        assert DOCUMENT["components"]["schemas"][schema]["additionalProperties"] is False


def test_it_is_json() -> None:
    assert json.loads(json.dumps(DOCUMENT)) == DOCUMENT
