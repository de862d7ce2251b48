"""Store watch: a store that goes and comes back is told of once each, whoever sees it."""

import threading

from actors.store_watch import StoreWatch
from tests.actors.conftest import LogLines

ERROR = ConnectionError("refused")


def test_going_away_is_told_once_and_coming_back_once(logs: LogLines) -> None:
    watch = StoreWatch()
    for _ in range(3):
        watch.failed(ERROR)
    was_away = watch.is_away
    for _ in range(3):
        watch.answered()
    assert (was_away, watch.is_away) == (True, False)
    assert [line["event"] for line in logs] == ["store.went_away", "store.came_back"]
    assert (logs[0]["error"], logs[0]["detail"]) == ("ConnectionError", "refused")


def test_a_store_that_answers_is_no_news(logs: LogLines) -> None:
    StoreWatch().answered()
    assert logs == []


def test_each_time_it_goes_is_told(logs: LogLines) -> None:
    watch = StoreWatch()
    for _ in range(2):
        watch.failed(ERROR)
        watch.answered()
    assert [line["event"] for line in logs] == ["store.went_away", "store.came_back"] * 2


def test_many_threads_tell_it_once(logs: LogLines) -> None:
    watch = StoreWatch()
    threads = [threading.Thread(target=watch.failed, args=(ERROR,)) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [line["event"] for line in logs] == ["store.went_away"]


def test_the_first_tries_come_quickly_and_later_ones_more_slowly_up_to_a_bound() -> None:
    watch = StoreWatch()
    assert watch.failed(ERROR) == 0.1
    waits = []
    for away_s in (1, 3, 600):
        assert watch._away_since_s is not None
        watch._away_since_s -= away_s
        waits.append(round(watch.failed(ERROR), 1))
    assert waits == [0.5, 2.0, 2.0]
