"""Failed assertions of what authors test with say what they compared. Told here, before any test imports it."""

import pytest

pytest.register_assert_rewrite("xrm_platform.testing")
