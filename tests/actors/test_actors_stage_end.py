"""Stage end: the message that follows is stamped with when it was put on its queue and when it is due."""

import time
from typing import Any

import pytest
from dramatiq.message import Message

from actors.stage_end import StageEnd, as_job


def _message(**options: Any) -> Message[Any]:
    return Message(queue_name="first", actor_name="first", args=({"a": 1},), kwargs={}, options=options)


def _options(end: StageEnd) -> dict[str, Any]:
    job = as_job(end)
    assert job is not None
    return dict(Message.decode(job.data).options)


def test_what_has_no_successor_is_no_job() -> None:
    assert as_job(StageEnd()) is None


def test_a_message_for_now_says_when_it_was_enqueued_and_is_due_at_no_time() -> None:
    before_ms = int(time.time() * 1000)
    job = as_job(StageEnd(following=_message()))
    assert job is not None
    options = Message.decode(job.data).options
    assert before_ms <= options["enqueued_at"] <= time.time() * 1000
    assert (job.due_at, "eta" in options, job.queue) == (None, False, "first")


def test_a_message_for_later_says_when_it_is_due() -> None:
    before_s = time.time()
    job = as_job(StageEnd(following=_message(), delay_s=30.0))
    assert job is not None
    assert job.due_at is not None
    assert before_s + 30 <= job.due_at.timestamp() <= time.time() + 30
    assert Message.decode(job.data).options["eta"] == pytest.approx(job.due_at.timestamp() * 1000, abs=1)


def test_each_message_has_an_id_of_its_own_also_when_it_is_sent_twice() -> None:
    message = _message(redis_message_id="the-id-of-this-delivery")
    jobs = [as_job(StageEnd(following=message)) for _ in range(2)]
    ids = [job.message_id for job in jobs if job]
    assert len({*ids, "the-id-of-this-delivery"}) == 3
    assert [Message.decode(job.data).options["redis_message_id"] for job in jobs if job] == ids


def test_what_the_message_carries_stays() -> None:
    options = _options(StageEnd(following=_message(retries=3, bugs=1), delay_s=0.0))
    assert (options["retries"], options["bugs"]) == (3, 1)


def test_a_wait_of_zero_is_a_delay_all_the_same() -> None:
    assert "eta" in _options(StageEnd(following=_message(), delay_s=0.0))
