"""The harness sees: with a safeguard taken out, some crash point makes a second order, or loses one."""

from collections.abc import Iterable
from dataclasses import replace

from tests.crash.broken import AcknowledgesFirst, WithoutIntents
from tests.crash.effects import Kill, Side
from tests.crash.passing_time import LATE_S
from tests.crash.points import effects_of, last_write
from tests.crash.scene import Scene
from tests.crash.trial import Loss, Means, Trial, attempt
from tests.crash.world import USUAL, Make

KIND = "plain_monthly"


def _found(scene: Scene, trials: Iterable[Trial]) -> set[str]:
    """Return what was found wrong: lost, doubled, wrong, left behind."""
    outcomes = [attempt(scene, trial) for trial in trials]
    return {problem.partition(":")[0] for outcome in outcomes for problem in outcome.problems}


def _number(scene: Scene, name: str, make: Make = USUAL) -> int:
    return effects_of(scene, KIND, make).index(name) + 1


def test_without_intents_an_order_is_doubled(scene: Scene) -> None:
    make = Make(ledger=WithoutIntents)
    kill = Kill(_number(scene, "whmcs AddOrder", make), Side.AFTER)
    assert "doubled" in _found(scene, [Trial(KIND, (kill,), make=make)])


def test_without_one_step_for_acknowledging_and_enqueueing_an_order_is_lost(scene: Scene) -> None:
    make = Make(broker=AcknowledgesFirst)
    kill = Kill(_number(scene, "redis SREM", make), Side.AFTER)
    assert "lost" in _found(scene, [Trial(KIND, (kill,), make=make)])


def test_without_a_mark_a_store_that_forgot_its_last_write_doubles_an_order(scene: Scene) -> None:
    names = effects_of(scene, KIND)
    number = names.index("whmcs AddOrder") + 1
    trial = Trial(KIND, (Kill(number, Side.AFTER),), Loss.LAST_WRITE, last_write=last_write(names, number))
    assert not _found(scene, [trial])
    assert "doubled" in _found(scene, [replace(trial, is_noticed=False)])


def test_without_waiting_for_whmcs_an_order_whose_effect_comes_late_is_doubled(scene: Scene) -> None:
    kill = Kill(_number(scene, "whmcs AddOrder"), Side.LATE)
    patient = [Trial(KIND, (kill,), means=means, whmcs_takes_s=LATE_S, whmcs_time_limit_s=LATE_S) for means in Means]
    assert not _found(scene, patient)
    assert "doubled" in _found(scene, [replace(trial, whmcs_time_limit_s=1) for trial in patient])
