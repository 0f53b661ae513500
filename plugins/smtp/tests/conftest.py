"""Failed assertions of the contract classes say what they compared."""

import pytest

pytest.register_assert_rewrite("xrm_platform.testing")
