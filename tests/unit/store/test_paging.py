import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrm_platform.problems import Fault, Invalid
from xrm_platform.store import check_page, page_of


@given(keys=st.sets(st.text(st.characters(categories=["L", "N"]), min_size=1)), limit=st.integers(1, 10))
def test_walking_the_pages_shows_every_row_once_and_in_order(keys, limit):
    rows = sorted(keys)
    seen, after = [], None
    while True:
        asked = [key for key in rows if after is None or key > after][: limit + 1]
        page = page_of(asked, limit, lambda key: key)
        assert len(page.items) <= limit
        seen += page.items
        if page.next is None:
            break
        after = page.next

    assert seen == rows


@pytest.mark.parametrize("limit", [1, 50, 500])
def test_a_page_has_from_1_to_500_rows(limit):
    check_page(None, limit)


@pytest.mark.parametrize("limit", [0, -1, 501])
def test_other_sizes_of_a_page_are_refused(limit):
    with pytest.raises(Invalid) as caught:
        check_page(None, limit)

    assert caught.value.fields == {"limit": Fault("limit_out_of_range", {"low": 1, "high": 500})}


@pytest.mark.parametrize("after", ["a\x00b", "\ud800", "a\nb"])
def test_a_key_that_no_page_gave_out_is_refused(after):
    with pytest.raises(Invalid) as caught:
        check_page(after, 50)

    assert caught.value.fields == {"after": Fault("page_key_malformed")}
