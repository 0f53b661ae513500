"""What goes into the log, and where: to the error output, nothing of it into answers."""

from __future__ import annotations

import logging
import sys

import structlog

from xrm_platform.config import Config


def keep_quiet(config: Config) -> None:
    """For commands that answer and end: a person reads the answer, and a refusal is one line. Only
    `XRM_LOG_LEVEL=debug` lets the log be seen."""
    configure_logs("debug" if config.log_level == "debug" else "critical")


def configure_logs(level: str) -> None:
    """Log from `level` up to the error output: for people on a terminal, else a JSON object a line. Libraries, which
    log by the standard library, say less.

    Tracebacks are plain: those that show the values of variables would show secrets.
    """
    threshold = logging.getLevelNamesMapping()[level.upper()]
    others = threshold if threshold <= logging.DEBUG else max(threshold, logging.WARNING)
    logging.getLogger("aiosqlite").setLevel(logging.INFO)  # below, it writes down every value that is stored
    logging.basicConfig(level=others, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *_writers(for_people=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def _writers(*, for_people: bool) -> list[structlog.typing.Processor]:
    if for_people:
        return [structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)]
    return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False)]
