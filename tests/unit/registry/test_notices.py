from datetime import UTC, datetime

from structlog.testing import capture_logs

from xrm_platform.registry import Notices
from xrm_platform.registry.notices import WAITING


def test_changes_that_are_lost_to_slow_observers_are_said_in_the_log_once(load):
    notices = Notices(load(), lambda: datetime.now(UTC))

    with capture_logs() as logs:
        notices.post("ACME", "message", ((str(number), "sent") for number in range(WAITING + 3)))
        notices.post("ACME", "message", [("one more", "sent")])

    assert [line["log_level"] for line in logs] == ["warning"]
