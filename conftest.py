"""What holds for all tests, the plugins' too."""

import pytest

# Failed assertions of what authors test with say what they compared: told before any test imports it.
pytest.register_assert_rewrite("xrm_platform.testing")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with slow tests go first, so that no process is left alone with one of them at the end."""
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: item.path not in slow)
