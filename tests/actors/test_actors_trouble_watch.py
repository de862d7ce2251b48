"""Trouble watch: what strikes one order is its own; what strikes one after the other holds the stage back for all."""

import redis

from actors import trouble_watch
from actors.trouble_watch import ORDERS_IN_A_ROW, OUTAGE_PAUSE_S, OUTAGE_SYSTEMS, SETUP_PAUSE_S, TroubleWatch
from clients.errors import ErrorCode, Misconfigured, OutcomeUnknown, Permanent, Retryable, StillOpen, Verdict
from clients.ledger import keys
from clients.ledger.troubles import Troubles
from tests.actors.conftest import LogLines
from tests.support.set_clock import SetClock

STAGE = "check-payment"
AWAY = Retryable(ErrorCode.WHMCS_UNAVAILABLE, "WHMCS did not answer.", detail="HTTP 503")
WRONG = Misconfigured(ErrorCode.WHMCS_UNAVAILABLE, "WHMCS refuses the access.")
NO_SALESFORCE = Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, "Salesforce did not answer.")


def _see(watch: TroubleWatch, verdict: Verdict | None, *, orders: int = ORDERS_IN_A_ROW, stage: str = STAGE) -> None:
    for number in range(orders):
        watch.saw(stage, f"order-{number}", verdict)


def _names(logs: LogLines) -> list[tuple[str, str]]:
    return [(line["log_level"], line["event"]) for line in logs]


def test_different_orders_in_a_row_are_an_outage_and_hold_the_stage_back(troubles: Troubles, logs: LogLines) -> None:
    _see(TroubleWatch(troubles), AWAY)
    held = troubles.paused(STAGE)
    assert held is not None
    assert held["reason"] == AWAY.message
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == ["WHMCS"]
    assert _names(logs) == [("warning", "system.went_away")]
    assert (logs[0]["system"], logs[0]["stage"], logs[0]["detail"]) == ("WHMCS", STAGE, "HTTP 503")


def test_fewer_orders_are_a_coincidence(troubles: Troubles) -> None:
    _see(TroubleWatch(troubles), AWAY, orders=ORDERS_IN_A_ROW - 1)
    assert troubles.paused(STAGE) is None


def test_one_order_alone_never_declares_anything(troubles: Troubles, logs: LogLines) -> None:
    watch = TroubleWatch(troubles)
    for _ in range(50):
        watch.saw(STAGE, "order-1", AWAY)
    assert (troubles.paused(STAGE), logs) == (None, [])


def test_an_answer_in_between_begins_the_count_anew(troubles: Troubles) -> None:
    watch = TroubleWatch(troubles)
    _see(watch, AWAY, orders=ORDERS_IN_A_ROW - 1)
    watch.saw(STAGE, "order-9", None)
    _see(watch, AWAY, orders=ORDERS_IN_A_ROW - 1)
    assert troubles.paused(STAGE) is None


def test_an_order_that_is_refused_is_an_answer_too(troubles: Troubles) -> None:
    watch = TroubleWatch(troubles)
    _see(watch, AWAY, orders=ORDERS_IN_A_ROW - 1)
    watch.saw(STAGE, "order-9", Permanent(ErrorCode.ORDER_EMPTY, "It is empty."))
    watch.saw(STAGE, "order-10", AWAY)
    assert troubles.paused(STAGE) is None


def test_troubles_of_different_kinds_do_not_add_up(troubles: Troubles) -> None:
    watch = TroubleWatch(troubles)
    for order, verdict in enumerate((AWAY, WRONG, AWAY, NO_SALESFORCE, AWAY, WRONG)):
        watch.saw(STAGE, f"order-{order}", verdict)
    assert troubles.paused(STAGE) is None


def test_troubles_of_different_stages_do_not_add_up(troubles: Troubles) -> None:
    watch = TroubleWatch(troubles)
    for number, stage in enumerate(("check-payment", "add-order", "accept-order")):
        watch.saw(stage, f"order-{number}", AWAY)
    assert troubles.paused(STAGE) is None


def test_an_order_in_doubt_counts_for_the_trouble_that_put_it_there(troubles: Troubles) -> None:
    in_doubt = OutcomeUnknown(ErrorCode.WHMCS_ORDER_UNCERTAIN, "Nobody knows.")
    in_doubt.__cause__ = AWAY
    _see(TroubleWatch(troubles), in_doubt)
    assert troubles.paused(STAGE) is not None


def test_a_write_whose_answer_was_lost_is_trouble_of_whmcs_whatever_its_code(troubles: Troubles) -> None:
    watch = TroubleWatch(troubles)
    lost = OutcomeUnknown(ErrorCode.WHMCS_ORDER_UNCERTAIN, "WHMCS gave no clear answer to AddOrder.")
    for number, verdict in enumerate((lost, AWAY, lost)):
        watch.saw(STAGE, f"order-{number}", verdict)
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == ["WHMCS"]


def test_an_order_that_waits_for_an_earlier_write_got_an_answer(troubles: Troubles) -> None:
    open_still = StillOpen(ErrorCode.WHMCS_ORDER_UNCERTAIN, "It is being looked up.")
    in_doubt = OutcomeUnknown(ErrorCode.WHMCS_ORDER_UNCERTAIN, "Nobody knows.")
    in_doubt.__cause__ = open_still
    for verdict in (open_still, in_doubt):
        watch = TroubleWatch(troubles)
        _see(watch, verdict)
        assert troubles.paused(STAGE) is None
        _see(watch, AWAY)
        watch.saw(STAGE, "order-1", verdict)
        assert troubles.paused(STAGE) is None


def test_our_own_bug_is_no_outage(troubles: Troubles) -> None:
    _see(TroubleWatch(troubles), Retryable(ErrorCode.INTERNAL_ERROR, "A bug."))
    assert troubles.paused(STAGE) is None


def test_an_answer_ends_the_outage_at_once_and_tells_how_long_it_was(
    troubles: Troubles, clock: SetClock, logs: LogLines
) -> None:
    watch = TroubleWatch(troubles)
    _see(watch, AWAY)
    clock.move(seconds=42)
    watch.saw(STAGE, "order-1", None)
    assert troubles.paused(STAGE) is None
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == []
    assert (logs[-1]["event"], logs[-1]["system"], logs[-1]["away_s"]) == ("system.came_back", "WHMCS", 42.0)


def test_an_outage_is_told_once_however_long_it_is_and_however_many_processes_see_it(
    troubles: Troubles, logs: LogLines
) -> None:
    processes = [TroubleWatch(troubles) for _ in range(4)]
    for _ in range(5):
        for watch in processes:
            _see(watch, AWAY)
            _see(watch, AWAY, stage="add-order")
    for watch in processes:
        watch.saw(STAGE, "order-1", None)
    assert _names(logs) == [("warning", "system.went_away"), ("info", "system.came_back")]


def test_a_wrong_set_up_holds_the_stage_back_longer_and_is_one_error(
    troubles: Troubles, store: redis.Redis, logs: LogLines
) -> None:
    processes = [TroubleWatch(troubles) for _ in range(3)]
    for watch in processes:
        _see(watch, WRONG)
    assert OUTAGE_PAUSE_S * 1000 < store.pttl(keys.pause(STAGE)) <= SETUP_PAUSE_S * 1000
    assert _names(logs) == [("warning", "system.went_away"), ("error", "stage.paused")]


def test_a_longer_wait_that_the_other_side_asks_for_is_kept(troubles: Troubles, store: redis.Redis) -> None:
    _see(TroubleWatch(troubles), Retryable(ErrorCode.WHMCS_UNAVAILABLE, "Slow down.", retry_after_s=30.0))
    assert OUTAGE_PAUSE_S * 1000 < store.pttl(keys.pause(STAGE)) <= 30_000


def test_an_outage_whose_teller_is_gone_is_ended_by_a_process_that_saw_nothing_of_it(troubles: Troubles) -> None:
    _see(TroubleWatch(troubles), AWAY)
    TroubleWatch(troubles).saw(STAGE, "order-1", None)
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == []
    assert troubles.paused(STAGE) is None


def test_an_answer_of_another_stage_does_not_end_an_outage_that_it_knows_nothing_of(troubles: Troubles) -> None:
    _see(TroubleWatch(troubles), AWAY)
    TroubleWatch(troubles).saw("map-items", "order-1", None)
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == ["WHMCS"]


def test_answers_ask_the_store_at_most_every_few_seconds(troubles: Troubles, store: redis.Redis) -> None:
    watch = TroubleWatch(troubles)
    watch.saw(STAGE, "order-1", None)
    _see(TroubleWatch(troubles), AWAY)
    watch.saw(STAGE, "order-1", None)
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == ["WHMCS"]
    watch._look_at_s[STAGE] -= trouble_watch.LOOK_EVERY_S
    watch.saw(STAGE, "order-1", None)
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == []


def test_both_systems_that_a_stage_missed_are_back_with_its_answer(troubles: Troubles) -> None:
    watch = TroubleWatch(troubles)
    _see(watch, AWAY)
    _see(watch, NO_SALESFORCE)
    watch.saw(STAGE, "order-1", None)
    assert troubles.outages_told_by(STAGE, OUTAGE_SYSTEMS) == []


def test_a_store_that_is_away_costs_a_note_and_no_order(troubles: Troubles, store: redis.Redis, logs: LogLines) -> None:
    store.connection_pool.connection_kwargs["server"].connected = False
    store.connection_pool.disconnect()
    _see(TroubleWatch(troubles), AWAY)
    assert _names(logs) == [("warning", "trouble.not_noted")]
