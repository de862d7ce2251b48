"""Every answer of the fact sheet ends as the right verdict, for a read and for a write."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import pytest

from clients.errors import ErrorCode, Misconfigured, NeedsHuman, OutcomeUnknown, Permanent, Retryable, Verdict
from clients.whmcs.answers import retry_after_s
from clients.whmcs.client import Whmcs
from clients.whmcs.marker import Marker
from clients.whmcs.values import AcceptResult, NewOrder, NewOrderLine

SECRET, IDENTIFIER, ACCESS_KEY = "top-secret-value", "the-identifier", "the-access-key"
NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


class StoppedClock:
    def now(self) -> datetime:
        return NOW

    def today(self) -> date:
        return NOW.date()


@dataclass
class Script:
    """What the server answers next, and the address where it does."""

    url: str = ""
    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    retry_after: str | None = None

    def play(self, answer: "Answer") -> None:
        self.status, self.body, self.content_type = (
            answer.status,
            answer.body.encode(errors="surrogateescape"),
            answer.content_type,
        )
        self.retry_after = answer.retry_after


@dataclass(frozen=True)
class Answer:
    status: int
    body: str
    content_type: str = "application/json"
    retry_after: str | None = None


@pytest.fixture(scope="module")
def script() -> Iterator[Script]:
    playing = Script()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # one segment per answer, or every call waits 40 ms for a delayed acknowledgement

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(playing.status)
            self.send_header("Content-Type", playing.content_type)
            self.send_header("Content-Length", str(len(playing.body)))
            if playing.retry_after is not None:
                self.send_header("Retry-After", playing.retry_after)
            if playing.status in {301, 302}:
                self.send_header("Location", playing.url + "?redirected")
            self.end_headers()
            self.wfile.write(playing.body)

        def log_message(self, *_: object) -> None:
            """Keep the test's output free of the server's."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        playing.url = f"http://127.0.0.1:{server.server_port}/includes/api.php"
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield playing
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def whmcs(script: Script) -> Iterator[Whmcs]:
    with Whmcs(
        api_url=script.url,
        identifier=IDENTIFIER,
        secret=SECRET,
        access_key=ACCESS_KEY,
        marker=Marker(),
        clock=StoppedClock(),
    ) as client:
        yield client


def read(whmcs: Whmcs) -> object:
    return whmcs.pay_methods(7)


def write(whmcs: Whmcs) -> object:
    line = NewOrderLine(pid=12, billing_cycle="monthly")
    return whmcs.add_order(NewOrder(7, "stripe", (line,), order_id18="8014x000000ABCDXYZ"))


def verdict_of(call: object, whmcs: Whmcs) -> Verdict:
    assert callable(call)
    with pytest.raises(Verdict) as caught:
        call(whmcs)
    return caught.value


def error(message: str, status: int = 200) -> Answer:
    return Answer(status, json.dumps({"result": "error", "message": message}))


HTML = "text/html; charset=utf-8"
PAGE = "<!DOCTYPE html><html><body>Just a moment...</body></html>"

ACCESS = {
    "address not listed": error("Invalid IP 10.20.30.40", 403),
    "address not listed, under 400": error("Invalid IP 10.20.30.40", 400),
    "wrong credentials": error("Authentication Failed", 403),
    "missing credentials": error("invalid or missing credentials", 403),
    "role lacks the action": Answer(
        403, '{"result":"error","message":"Invalid Permissions: API action \\u0022addorder\\u0022 is not allowed"}'
    ),
    "old password text": error("Invalid password provided", 401),
    "admin disabled": error("Administrator Account Disabled", 400),
    "access denied": error("Access Denied", 403),
    "no action seen": error("Empty action request", 400),
    "unknown text under 403": error("Something new", 403),
    "unknown action, 200": error("API Function Not Found"),
    "banned address, 200": error("Forbidden IP 10.20.30.40"),
    "address not listed, 200": error("Invalid IP 10.20.30.40"),
    "role lacks the action, 200": error("Invalid Permissions: API action 'x' is not allowed"),
    "key=value by &": Answer(403, "result=error&message=Invalid IP 10.20.30.40", "text/html"),
    "key=value by ;": Answer(403, "result=error;message=Authentication Failed;", "text/html"),
    "key=value by line": Answer(403, "result=error\r\nmessage=Something new", "text/plain"),
    "key=value under 200": Answer(200, "result=error;message=Invalid IP 10.20.30.40", "text/html"),
    "bare text": Answer(403, "Forbidden IP 10.20.30.40", "text/plain"),
}

UNCLEAR = {
    "warning without success": Answer(200, '{"warning":"Invalid or Missing Payment Information - Please Reload"}'),
    "warning beside an error": Answer(200, '{"result":"error","message":"x","warning":"y"}'),
    "warning as result": Answer(200, '{"result":"warning","message":"x"}'),
    "no result": Answer(200, '{"orderid": 1}'),
    "empty object": Answer(200, "{}"),
    "null result": Answer(200, '{"result":null,"status":"success"}'),
    "list": Answer(200, '[{"result":"success"}]'),
    "empty body": Answer(200, ""),
    "truncated JSON": Answer(200, '{"result":"success","orderid":7'),
    "notice before JSON": Answer(200, 'Notice: x\n{"result":"success","orderid":7}', HTML),
    "HTML under 200": Answer(200, PAGE, HTML),
    "XML": Answer(200, "<whmcsapi><result>success</result></whmcsapi>", "application/xml"),
    "key=value success": Answer(200, "result=success;orderid=7", "text/html"),
    "not UTF-8": Answer(200, '{"result":"success","orderid":7,"name":"\udcff"}'),
    "deep nesting": Answer(200, "[" * 100_000),
    "output emitted previously": Answer(500, f"{PAGE} output has been emitted previously", HTML),
    "JSON error under 500": error("Client ID Not Found", 500),
    "JSON success under 500": Answer(500, '{"result":"success","orderid":7}'),
    "access text under 500": error("Invalid IP 10.20.30.40", 500),
    "bad gateway": Answer(502, PAGE, HTML),
    "HTML 403": Answer(403, PAGE, HTML),
    "foreign JSON 403": Answer(403, '{"message":"Forbidden"}'),
    "empty 403": Answer(403, "", HTML),
    "error under 422": error("Client ID Not Found", 422),
    "201": Answer(201, '{"result":"success","orderid":7}'),
}

ELSEWHERE = {
    "redirect": Answer(302, "", HTML),
    "moved": Answer(301, PAGE, HTML),
    "not found": Answer(404, PAGE, HTML),
    "method not allowed": Answer(405, PAGE, HTML),
}


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize("answer", ACCESS.values(), ids=ACCESS)
def test_refused_access_is_a_configuration_fault_even_for_a_write(
    call: object, answer: Answer, script: Script, whmcs: Whmcs
) -> None:
    script.play(answer)
    verdict = verdict_of(call, whmcs)
    assert type(verdict) is Misconfigured
    assert verdict.code is ErrorCode.WHMCS_UNAVAILABLE
    assert "10.20.30.40" not in str(verdict)


@pytest.mark.parametrize("answer", [UNCLEAR[name] for name in UNCLEAR], ids=UNCLEAR)
def test_an_unclear_answer_is_retried_after_a_read_and_unknown_after_a_write(
    answer: Answer, script: Script, whmcs: Whmcs
) -> None:
    script.play(answer)
    after_read, after_write = verdict_of(read, whmcs), verdict_of(write, whmcs)
    assert (type(after_read), after_read.code) == (Retryable, ErrorCode.WHMCS_UNAVAILABLE)
    assert (type(after_write), after_write.code) == (OutcomeUnknown, ErrorCode.WHMCS_ORDER_UNCERTAIN)


@pytest.mark.parametrize("answer", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_wrong_address_is_a_configuration_fault_for_a_read_and_still_unknown_for_a_write(
    answer: Answer, script: Script, whmcs: Whmcs
) -> None:
    script.play(answer)
    assert type(verdict_of(read, whmcs)) is Misconfigured
    assert type(verdict_of(write, whmcs)) is OutcomeUnknown


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("header", "wait_s"),
    [
        ("17", 17),
        ("Tue, 24 Nov 2026 12:02:00 GMT", 120),
        ("Tue, 24 Nov 2026 11:00:00 GMT", 0),
        ("soon", None),
        (None, None),
    ],
)
def test_the_wait_that_was_asked_for_is_handed_on(
    status: int, header: str | None, wait_s: float | None, script: Script, whmcs: Whmcs
) -> None:
    script.play(Answer(status, PAGE, HTML, header))
    after_read, after_write = verdict_of(read, whmcs), verdict_of(write, whmcs)
    assert isinstance(after_read, Retryable)
    assert isinstance(after_write, OutcomeUnknown)
    assert (after_read.retry_after_s, after_write.retry_after_s) == (wait_s, wait_s)


@pytest.mark.parametrize("header", ["", "-5", "9" * 5000, "1.5", "Tue, 99 Nov 2026 12:02:00 GMT"])
def test_a_wait_that_makes_no_sense_is_none(header: str) -> None:
    assert retry_after_s(header, now=NOW) is None


def test_a_date_without_a_zone_is_utc() -> None:
    assert retry_after_s("Tue, 24 Nov 2026 12:00:05 -0000", now=NOW) == 5


@pytest.mark.parametrize("call", [read, write])
@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("Client ID Not Found", ErrorCode.CLIENT_NOT_FOUND),
        ("client  not found.", ErrorCode.CLIENT_NOT_FOUND),
        ("UNABLE to add order when client status is Closed", ErrorCode.CLIENT_CLOSED),
        ("Invalid Payment Method. Valid options include stripe,mailin", ErrorCode.WHMCS_REJECTED),
        ("No items added to cart so order cannot proceed", ErrorCode.WHMCS_REJECTED),
        ("Expecting parameter 'pid' to be an array", ErrorCode.WHMCS_REJECTED),
        ("", ErrorCode.WHMCS_REJECTED),
    ],
)
def test_a_clean_error_is_final_and_has_its_code(
    call: object, text: str, code: ErrorCode, script: Script, whmcs: Whmcs
) -> None:
    script.play(error(text))
    verdict = verdict_of(call, whmcs)
    assert (type(verdict), verdict.code) == (Permanent, code)
    assert len(verdict.message) < 200


def test_a_rejection_names_what_whmcs_said(script: Script, whmcs: Whmcs) -> None:
    script.play(error("No items added to cart so order cannot proceed"))
    assert verdict_of(write, whmcs).message == (
        "WHMCS refused AddOrder: No items added to cart so order cannot proceed"
    )
    script.play(Answer(200, '{"result":"error"}'))
    assert verdict_of(write, whmcs).message == "WHMCS refused AddOrder: no reason given"


def test_status_stands_in_for_a_missing_result(script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(200, '{"status":"error","message":"Client Not Found"}'))
    assert verdict_of(read, whmcs).code is ErrorCode.CLIENT_NOT_FOUND
    script.play(Answer(200, '{"status":"Success","paymethods":[]}'))
    assert read(whmcs) == []


def test_an_order_error_as_key_values_is_believed_for_a_read_only(script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(200, "result=error;message=Client ID Not Found", "text/html"))
    assert verdict_of(read, whmcs).code is ErrorCode.CLIENT_NOT_FOUND
    assert type(verdict_of(write, whmcs)) is OutcomeUnknown


@pytest.mark.parametrize("body", ['{"result":"success"}', '{"result":"success","orderid":"0"}'])
def test_a_success_without_an_order_id_is_unknown(body: str, script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(200, body))
    assert type(verdict_of(write, whmcs)) is OutcomeUnknown


def test_a_success_that_cannot_be_read_is_retried_and_its_values_are_not_logged(script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(200, '{"result":"success","paymethods":["4111111111111111"]}'))
    verdict = verdict_of(read, whmcs)
    assert type(verdict) is Retryable
    assert "paymethods" in verdict.detail
    assert "4111" not in verdict.detail


def test_half_an_answer_is_described_and_never_quoted(script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(200, '{"result":"success","products":{"product":[{"password":"hunter2"'))
    assert "hunter2" not in verdict_of(read, whmcs).detail


@pytest.mark.parametrize("result", ["success", "SUCCESS", "Success"])
def test_success_is_success_in_any_case_and_content_type(result: str, script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(200, f'\ufeff{{"result":"{result}","orderid":"76","serviceids":"66"}}', "text/html"))
    assert write(whmcs) == write(whmcs)


@pytest.mark.parametrize("text", ["Authentication Failed", "Access denied for user", "Invalid IP on the node"])
def test_a_module_that_cannot_log_in_to_its_server_is_no_fault_of_our_access(
    text: str, script: Script, whmcs: Whmcs
) -> None:
    script.play(error(text))
    assert whmcs.accept_order(76).result is AcceptResult.MODULE_ERROR
    assert whmcs.accept_order(76).message == text
    verdict = verdict_of(lambda client: client.module_create(66), whmcs)
    assert (type(verdict), verdict.code) == (NeedsHuman, ErrorCode.ACTIVATION_INCOMPLETE)
    assert text in verdict.message


@pytest.mark.parametrize("answer", [error("API Function Not Found"), error("Authentication Failed", 403)])
def test_accepting_without_access_is_a_configuration_fault(answer: Answer, script: Script, whmcs: Whmcs) -> None:
    script.play(answer)
    assert type(verdict_of(lambda client: client.accept_order(76), whmcs)) is Misconfigured
    assert type(verdict_of(lambda client: client.module_create(66), whmcs)) is Misconfigured


def test_an_unclear_set_up_ends_with_the_code_of_its_own_step(script: Script, whmcs: Whmcs) -> None:
    script.play(Answer(502, PAGE, HTML))
    assert verdict_of(lambda client: client.accept_order(76), whmcs).code is ErrorCode.WHMCS_UNAVAILABLE
    assert verdict_of(lambda client: client.module_create(66), whmcs).code is ErrorCode.ACTIVATION_INCOMPLETE


@pytest.mark.parametrize("call", [read, write, lambda client: client.module_create(66)])
@pytest.mark.parametrize("status", [200, 400, 403, 500])
@pytest.mark.parametrize("as_json", [True, False])
def test_no_verdict_repeats_a_credential_that_whmcs_echoes(
    call: object, status: int, *, as_json: bool, script: Script, whmcs: Whmcs
) -> None:
    text = f"Invalid credentials {IDENTIFIER}/{SECRET} ({ACCESS_KEY})"
    script.play(error(text, status) if as_json else Answer(status, f"result=error;message={text}", "text/html"))
    verdict = verdict_of(call, whmcs)
    chain: BaseException | None = verdict
    while chain is not None:
        said = f"{chain!s} {chain!r} {vars(chain)}"
        assert not any(credential in said for credential in (SECRET, IDENTIFIER, ACCESS_KEY))
        chain = chain.__cause__ or chain.__context__
