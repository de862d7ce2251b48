"""One event is one line, whoever logs it."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import dramatiq
import pytest
import structlog
from dramatiq.brokers.stub import StubBroker

from config.log_line import LONGEST_LINE_BYTES, cut
from config.logging import configure
from config.settings import load

LEAK = "L3akThis"


@dataclass(frozen=True)
class Wanted:
    log_level: str = "INFO"
    log_format: str | None = "json"
    secret_values: tuple[str, ...] = ()


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """Put back what configure changes for the whole process."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


@pytest.fixture
def out() -> io.StringIO:
    return io.StringIO()


@pytest.fixture
def lines(out: io.StringIO) -> Callable[[], list[dict[str, object]]]:
    """Configure JSON logs and return what reads them, one document for each line."""
    configure(Wanted(), stream=out)
    return lambda: [json.loads(line) for line in out.getvalue().splitlines()]


Lines = Callable[[], list[dict[str, object]]]


def test_an_event_is_one_json_line_with_time_level_logger_and_what_is_bound(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(order_id="801000000000001AAA", stage="add-order", attempt=2)
    structlog.get_logger("actors.add_order").warning("order.in_doubt", whmcs_order_id=7)
    (line,) = lines()
    at = datetime.fromisoformat(str(line.pop("timestamp")))
    assert at.utcoffset() == timedelta(0)
    assert line == {
        "level": "warning",
        "event": "order.in_doubt",
        "logger": "actors.add_order",
        "order_id": "801000000000001AAA",
        "stage": "add-order",
        "attempt": 2,
        "whmcs_order_id": 7,
    }


def test_line_breaks_in_values_stay_inside_one_line(lines: Lines, out: io.StringIO) -> None:
    structlog.get_logger("x").info("a\nb", note="c\r\nd\u2028e", nested={"k\n": ["f\ng"]})
    assert len(lines()) == 1
    assert lines()[0]["note"] == "c\r\nd\u2028e"
    assert out.getvalue().isascii()


def test_the_standard_library_comes_out_in_the_same_format_with_its_arguments_masked(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(order_id="801000000000001AAA")
    logging.getLogger("lib").warning(
        "login of %s with %r", "jane@example.com", {"password": LEAK}, extra={"token": LEAK}
    )
    (line,) = lines()
    assert line["event"] == "login of *** with {'password': ***}"
    assert (line["level"], line["logger"], line["order_id"], line["token"]) == (
        "warning",
        "lib",
        "801000000000001AAA",
        "***",
    )


def test_dramatiq_comes_out_in_the_same_format(lines: Lines) -> None:
    """A real worker on a stub broker logs a failing actor."""
    broker = StubBroker(middleware=[])
    logging.getLogger("dramatiq.worker").addHandler(logging.StreamHandler(io.StringIO()))
    configure(Wanted(log_level="DEBUG"), stream=logging.getLogger().handlers[0].stream)  # type: ignore[attr-defined]

    @dramatiq.actor(broker=broker)
    def fail() -> None:
        raise RuntimeError(f"secret={LEAK}")

    fail.send()
    worker = dramatiq.Worker(broker, worker_timeout=10, worker_threads=1)
    worker.start()
    broker.join(fail.queue_name, fail_fast=False)
    worker.stop()
    told = [line for line in lines() if str(line["logger"]).startswith("dramatiq.") and "exception" in line]
    assert told
    assert "RuntimeError: secret=***" in str(told[0]["exception"])
    assert LEAK not in json.dumps(lines())


def break_down() -> None:
    """Fail as a client does that puts everything it knows into its error."""
    try:
        int(f"POST https://user:{LEAK}@h/ password={LEAK}")
    except ValueError as error:
        raise RuntimeError(f"Bearer {LEAK}") from error


def test_a_traceback_is_one_text_field_without_secrets(lines: Lines) -> None:
    try:
        break_down()
    except RuntimeError:
        structlog.get_logger("x").exception("bug.found")
        logging.getLogger("x").exception("bug")
    for line in lines():
        assert str(line["exception"]).startswith("Traceback (most recent call last):\n")
        assert "https://***@h/ password=***" in str(line["exception"])
        assert str(line["exception"]).endswith("RuntimeError: ***")
    assert len(lines()) == 2
    assert LEAK not in json.dumps(lines())


def test_the_configured_secrets_are_masked_in_every_line(complete: dict[str, str], out: io.StringIO) -> None:
    settings = load(complete | {"LOG_LEVEL": "WARNING"})
    configure(settings, stream=out)
    for secret in settings.secret_values:
        logging.getLogger("x").error("got %s", secret)
    structlog.get_logger("x").info("not.shown")
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["got ***"] * 3


def test_request_lines_of_the_http_client_are_left_out(lines: Lines) -> None:
    logging.getLogger("httpx").info("HTTP Request: POST ...")
    logging.getLogger("httpcore.connection").info("connect")
    logging.getLogger("httpx").warning("odd")
    assert [line["event"] for line in lines()] == ["odd"]


def test_a_stricter_level_counts_for_the_talkative_too(out: io.StringIO) -> None:
    configure(Wanted(log_level="ERROR"), stream=out)
    logging.getLogger("httpx").warning("odd")
    structlog.get_logger("x").warning("odd")
    assert out.getvalue() == ""


@pytest.mark.parametrize(
    "fields",
    [
        {"text": "x" * 50_000},
        {"text": "ü" * 50_000},
        {"rows": [{"n": number, "text": "y" * 90} for number in range(5_000)]},
        {f"field_{number}": "z" * 500 for number in range(1_000)},
        {f"field_{number}": "z" * 5_000 for number in range(30)},
        {f"field_{number}" * 50: "ü" * 500 for number in range(1_000)},
        {"deep": {f"k{number}": ["ü" * 300] * 40 for number in range(40)}},
    ],
)
def test_no_line_is_longer_than_platforms_take(fields: dict[str, object], lines: Lines, out: io.StringIO) -> None:
    structlog.contextvars.bind_contextvars(order_id="801000000000001AAA")
    structlog.get_logger("x").error("too.much", **fields)
    assert len(out.getvalue().encode()) <= LONGEST_LINE_BYTES + 1
    (line,) = lines()
    assert (line["event"], line["order_id"], line["shortened"]) == ("too.much", "801000000000001AAA", True)


def test_a_shortened_text_keeps_its_beginning_and_its_end() -> None:
    assert cut("Traceback " + "x" * 500 + " ValueError", 60) == (
        f"Traceback {'x' * 10} … 461 characters left out … {'x' * 29} ValueError"
    )
    assert cut("short", 5) == "short"


def test_a_terminal_gets_readable_lines_unless_told_otherwise() -> None:
    terminal = Terminal()
    configure(Wanted(log_format=None), stream=terminal)
    structlog.get_logger("x").info("order.accepted", email="jane@example.com")
    shown = terminal.getvalue()
    assert "order.accepted" in shown
    assert "\x1b[" in shown
    assert "jane" not in shown
    configure(Wanted(log_format="json"), stream=terminal)
    structlog.get_logger("x").info("order.accepted")
    assert json.loads(terminal.getvalue()[len(shown) :])["event"] == "order.accepted"


def test_readable_lines_can_be_asked_for_where_there_is_no_terminal(out: io.StringIO) -> None:
    configure(Wanted(log_format="console"), stream=out)
    try:
        break_down()
    except RuntimeError:
        logging.getLogger("lib").exception("failed")
    shown = out.getvalue()
    assert "RuntimeError: ***" in shown
    assert "\x1b[" not in shown
    assert LEAK not in shown


def test_logs_go_to_stdout_as_json_by_default(capsys: pytest.CaptureFixture[str]) -> None:
    configure(Wanted(log_format=None))
    structlog.get_logger("x").info("service.started")
    captured = capsys.readouterr()
    assert json.loads(captured.out)["event"] == "service.started"
    assert captured.err == ""


def test_the_last_call_counts_also_for_loggers_that_were_in_use(out: io.StringIO) -> None:
    first = io.StringIO()
    configure(Wanted(), stream=first)
    log = structlog.get_logger("x")
    log.info("one")
    configure(Wanted(log_level="WARNING"), stream=out)
    log.info("two")
    log.warning("three")
    assert [json.loads(line)["event"] for line in first.getvalue().splitlines()] == ["one"]
    assert [json.loads(line)["event"] for line in out.getvalue().splitlines()] == ["three"]


def test_a_call_that_cannot_be_logged_is_told_without_its_arguments(
    out: io.StringIO, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(Wanted(), stream=out)
    logging.getLogger("lib").warning("%d orders", LEAK)
    logging.getLogger("lib").warning("next")
    told = capsys.readouterr().err
    assert "log.failed: TypeError in the call at" in told
    assert LEAK not in told
    assert json.loads(out.getvalue())["event"] == "next"
