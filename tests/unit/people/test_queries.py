"""A query that does not know its base could show one company's people to another."""

import inspect

import pytest

from xrm_platform.people import queries

FIND_OUT_THE_BASE = {"base_by_code", "bases", "session_by_hash", "delete_session", "token_by_id"}
QUERIES = {
    name: inspect.signature(function)
    for name, function in inspect.getmembers(queries, inspect.iscoroutinefunction)
    if function.__module__ == queries.__name__
}


@pytest.mark.parametrize("name", sorted(set(QUERIES) - FIND_OUT_THE_BASE))
def test_a_query_names_its_base(name):
    parameter = QUERIES[name].parameters["base_id"]

    assert parameter.kind is inspect.Parameter.KEYWORD_ONLY
    assert parameter.default is inspect.Parameter.empty


def test_those_that_find_out_the_base_are_known_by_name():
    assert set(QUERIES) >= FIND_OUT_THE_BASE
