"""Set up the logs of a process: ours (structlog) and everybody else's (standard library), in one format.

One event is one line: JSON for machines, or readable on a terminal. Secrets and personal data are masked in both, in
texts, nested values and tracebacks (`config.redaction`).

Dramatiq's command line sets up a handler of its own in its main process and in every worker; start it with
`--skip-logging`, which leaves that out, so that its loggers come through here like all others. In a worker it replaces
`sys.stdout` by a pipe to the main process: configure again in the worker, so that lines of several do not mix.
"""

import logging
import sys
from contextlib import suppress
from typing import Protocol, TextIO

import structlog
from structlog.stdlib import ProcessorFormatter
from structlog.typing import EventDict, Processor, WrappedLogger

from config.log_line import render_json
from config.redaction import redact_fields, redact_values

# Their INFO is one line per request or internal step, which our own events tell better.
_TALKATIVE = ("httpx", "httpcore", "hpack", "asyncio")


class LogSettings(Protocol):
    """What the logs need to know; `Settings` is one."""

    @property
    def log_level(self) -> str:
        """Return the least level that is logged."""

    @property
    def log_format(self) -> str | None:
        """Return `json`, `console`, or None: console on a terminal, json elsewhere."""

    @property
    def secret_values(self) -> tuple[str, ...]:
        """Return the secrets that are masked wherever they appear."""


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library calls it
        """Tell which call could not be logged; the standard library would print its arguments, secrets and all."""
        reason = type(sys.exc_info()[1]).__name__
        with suppress(OSError):
            sys.stderr.write(f"log.failed: {reason} in the call at {record.pathname}:{record.lineno}\n")


def configure(settings: LogSettings, *, stream: TextIO | None = None) -> None:
    """Send every log of this process to a stream (stdout when none is given), in the format of the settings.

    May be called again: the last call counts, also for loggers made before it.
    """
    out = stream or sys.stdout
    redact_values(settings.secret_values)
    readable = settings.log_format == "console" or (settings.log_format is None and out.isatty())
    handler = _Handler(out)
    handler.setFormatter(_formatter(_console(colors=out.isatty()) if readable else render_json))
    _configure_structlog()
    _configure_standard_library(handler, settings.log_level)


def _configure_structlog() -> None:
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.PositionalArgumentsFormatter(),
            *_common(),
            ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        # A logger that was used before the next call of configure must follow it too.
        cache_logger_on_first_use=False,
    )


def _configure_standard_library(handler: logging.Handler, level: str) -> None:
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level)
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("dramatiq", *logging.root.manager.loggerDict):
        if name.partition(".")[0] == "dramatiq":
            logging.getLogger(name).handlers.clear()
            logging.getLogger(name).propagate = True


def _formatter(render: Processor) -> ProcessorFormatter:
    return ProcessorFormatter(
        foreign_pre_chain=[*_common(), structlog.stdlib.ExtraAdder()],
        # Last before the text is made, so that nothing that others add comes past it.
        processors=[ProcessorFormatter.remove_processors_meta, _redact_event, render],
    )


def _common() -> list[Processor]:
    """Return what every event goes through, ours and the standard library's."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
        structlog.processors.format_exc_info,
    ]


def _redact_event(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    return redact_fields(event)


def _console(*, colors: bool) -> Processor:
    # The traceback is a text already, redacted; the renderer must not make one of its own.
    return structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=structlog.dev.plain_traceback)
