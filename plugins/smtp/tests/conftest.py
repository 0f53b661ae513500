"""Failed assertions of the contract classes say what they compared, and a busy machine fails no property."""

import pytest
from hypothesis import settings

pytest.register_assert_rewrite("xrm_platform.testing")
settings.register_profile("unhurried", deadline=None, max_examples=60)
settings.load_profile("unhurried")
