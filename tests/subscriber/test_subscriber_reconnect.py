"""Reconnecting: each way to end has its pace and its loudness, none is the last, and a response begins anew."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING

import pytest

from clients.errors import ErrorCode, Misconfigured, Retryable
from clients.salesforce.auth import SalesforceAuth
from clients.salesforce.stream_errors import StreamAction, StreamError
from pipeline.reconnect import Ending, Reconnect, ending_of
from sandbox.salesforce.org import TOPIC
from tests.support.waiting import eventually

if TYPE_CHECKING:
    from datetime import date

    from tests.subscriber.conftest import Scene

PATIENT = {StreamAction.RETRY_SLOWER, StreamAction.WAIT_LONG, StreamAction.STOP_AND_ALERT}


def waits(action: StreamAction, tries: int = 12) -> list[float]:
    reconnect = Reconnect(chance=random.Random(1))  # noqa: S311 - waits are no secret
    return [reconnect.failed(Ending(action, "")) for _ in range(tries)]


@pytest.mark.parametrize("action", StreamAction)
def test_no_way_to_end_is_retried_in_a_tight_loop_and_none_is_given_up(action: StreamAction) -> None:
    longest = 300 if action in PATIENT else 60
    found = waits(action)
    assert found[0] >= 0.1
    assert found[-1] >= 5
    assert max(found) <= longest


@pytest.mark.parametrize("action", sorted(PATIENT))
def test_what_time_must_heal_is_asked_slowly_from_the_first_time(action: StreamAction) -> None:
    assert waits(action)[0] >= 7.5


def test_waits_double_up_to_their_cap() -> None:
    for number, wait_s in enumerate(waits(StreamAction.RETRY)):
        ceiling = min(60, 0.5 * 2**number)
        assert ceiling / 2 <= wait_s <= ceiling


def test_waits_are_spread_so_that_many_subscribers_do_not_come_at_once() -> None:
    assert len({Reconnect().failed(Ending(StreamAction.RETRY, "")) for _ in range(20)}) == 20


def test_a_thousand_failures_are_no_overflow() -> None:
    assert waits(StreamAction.RETRY, 1000)[-1] <= 60


def test_the_wait_that_the_other_side_asks_for_is_kept() -> None:
    error = Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, "slow down", retry_after_s=40)
    assert Reconnect().failed(ending_of(error)) == 40


@pytest.mark.parametrize(
    ("error", "levels"),
    [
        (StreamError(status="INTERNAL", error_code="service.unavailable"), ["warning", "info", "info", "info"]),
        (StreamError(status="UNAUTHENTICATED"), ["warning", "info", "error", "error"]),
        (StreamError(status="NOT_FOUND", error_code="topic.not.found"), ["error"] * 4),
        (StreamError(status="RESOURCE_EXHAUSTED", error_code="subscription.limit.exceeded"), ["error"] * 4),
        (Retryable(ErrorCode.SALESFORCE_UNAVAILABLE, "away"), ["warning", "info", "info", "info"]),
        (Misconfigured(ErrorCode.SALESFORCE_UNAVAILABLE, "refused"), ["error"] * 4),
        (RuntimeError("a bug"), ["error"] * 4),
    ],
)
def test_an_outage_is_told_once_and_what_a_person_must_mend_each_time(error: Exception, levels: list[str]) -> None:
    reconnect, ending = Reconnect(), ending_of(error)
    found = []
    for _ in levels:
        reconnect.failed(ending)
        found.append(reconnect.level(ending))
    assert found == levels


def test_a_server_that_accepts_and_then_fails_is_asked_less_and_less(scene: Scene) -> None:
    """The opening of a call is no success: else such a server would be asked in a tight loop."""
    scene.fault("pubsub.Subscribe", "cut", times=7, value=0)
    with scene.subscribing():
        scene.all_queued(scene.publish_new(1))
        scene.soon_told("stream.restored", after_failures=7)
    ended = scene.told("stream.ended")
    # A second takes 1 ms here, the lower half of each wait is certain, and the log rounds.
    assert [log["wait_s"] >= 0.0002 * 2**number for number, log in enumerate(ended)] == [True] * 7
    assert [log["log_level"] for log in ended] == ["warning"] + ["info"] * 6
    assert len(scene.openings) == 8


def test_the_first_response_lets_the_back_off_begin_anew(scene: Scene) -> None:
    scene.set_timing(keepalive_s=0.02)
    with scene.subscribing():
        for number in range(5):
            eventually(lambda: len(scene.openings) > number and scene.position(), what="a response came")  # noqa: B023
            scene.store.delete(*scene.store.keys("provision:position:*"))
            scene.break_stream()
    assert max(log["wait_s"] for log in scene.told("stream.ended")) <= 0.001


def test_a_rejected_session_is_replaced_and_a_lasting_rejection_alerts(scene: Scene) -> None:
    scene.fault("pubsub.Subscribe", "auth_error", times=4)
    with scene.subscribing():
        scene.all_queued(scene.publish_new(1))
    assert [log["log_level"] for log in scene.told("stream.ended", action="reauthenticate")] == [
        "warning",
        "info",
        "error",
        "error",
    ]
    assert scene.box.org.sessions.logins == 5


def test_sessions_that_are_revoked_cost_one_login_and_nothing_else(scene: Scene) -> None:
    with scene.subscribing():
        order_ids = scene.publish_new(3)
        scene.all_queued(order_ids)
        scene.box.call(scene.box.org.revoke_sessions)
        order_ids += scene.publish_new(3)
        scene.all_queued(order_ids)
    assert scene.box.org.sessions.logins == 2


def test_what_only_a_person_can_mend_is_told_as_an_error_and_then_goes_on_by_itself(scene: Scene) -> None:
    topic = scene.box.call(lambda: scene.bus.topics.pop(TOPIC))
    with scene.subscribing():
        scene.soon_told("stream.ended", reason="topic.not.found", action="stop-and-alert", log_level="error")
        scene.box.call(lambda: scene.bus.topics.update({TOPIC: topic}))
        scene.all_queued(scene.publish_new(1))


def test_a_login_that_is_refused_alerts_and_is_tried_again(scene: Scene) -> None:
    scene.fault("salesforce.token", "invalid_grant", times=2)
    settings = scene.stack.settings
    # Right after a refusal the login repeats it without asking; for this clock every look is ten seconds later.
    clock = count(step=10)
    auth = SalesforceAuth(
        login_url=settings.sf_login_url,
        audience=settings.sf_jwt_audience,
        client_id=settings.sf_client_id,
        username=settings.sf_username,
        private_key_pem=settings.private_key_pem.get_secret_value(),
        clock=lambda: float(next(clock)),
    )
    with scene.subscribing(auth=auth):
        scene.all_queued(scene.publish_new(1))
    auth.close()
    told = scene.told("stream.ended", action="stop-and-alert", log_level="error")
    assert len(told) == 2
    assert "pre-authorise" in told[0]["reason"]


def test_a_login_host_that_is_away_is_tried_again_quietly(scene: Scene) -> None:
    scene.fault("salesforce.token", "http_503", times=3)
    with scene.subscribing():
        scene.all_queued(scene.publish_new(1))
    assert [log["log_level"] for log in scene.told("stream.ended")] == ["warning", "info", "info"]


class BrokenClock:
    """A fault of ours, in the middle of taking events in."""

    def __init__(self, broken: int) -> None:
        self.broken = broken

    def now(self) -> datetime:
        self.broken -= 1
        if self.broken >= 0:
            raise ZeroDivisionError
        return datetime.now(UTC)

    def today(self) -> date:
        return self.now().date()


def test_a_fault_of_ours_is_told_with_its_traceback_and_neither_ends_the_process_nor_passes_the_event(
    scene: Scene,
) -> None:
    order_ids = scene.publish_new(2)
    with scene.subscribing(clock=BrokenClock(2)):
        scene.all_queued(order_ids)
    told = scene.told("stream.ended", reason="ZeroDivisionError", log_level="error")
    assert len(told) == 2
    assert isinstance(told[0]["exc_info"], ZeroDivisionError)
