"""Crash points: wherever a process is killed, the order ends once, accepted, and told to Salesforce.

What a process leaves behind just after an effect is what it leaves behind just before the next one: so each of the two
sides is carried on by other means, and every state is carried on by all of them.
"""

from collections.abc import Iterator

import pytest

from tests.crash.effects import Kill, Side
from tests.crash.passing_time import LATE_S
from tests.crash.points import CHOSEN, IS_LONG, all_attempted, effects_of, last_write
from tests.crash.scene import Scene
from tests.crash.trial import Loss, Means, Trial

SIDES = (Side.BEFORE, Side.AFTER)


def _means(side: Side, *, short: tuple[Means, Means]) -> tuple[Means, ...]:
    return tuple(Means) if IS_LONG else (short[SIDES.index(side)],)


def _kills(names: list[str]) -> Iterator[Kill]:
    for number in range(1, len(names) + 1):
        yield from (Kill(number, side) for side in SIDES)


@pytest.mark.parametrize("kind", CHOSEN)
def test_an_order_survives_a_kill_at_every_effect(scene: Scene, kind: str) -> None:
    """Redelivery alone brings it back, without a sweep; and everybody at once does no harm."""
    short = (Means.REDELIVERY, Means.EVERYTHING)
    kills = _kills(effects_of(scene, kind))
    trials = (Trial(kind, (kill,), means=means) for kill in kills for means in _means(kill.side, short=short))
    all_attempted(scene, trials, name="single")


@pytest.mark.parametrize("kind", CHOSEN)
def test_an_order_survives_a_kill_at_every_effect_and_an_emptied_store(scene: Scene, kind: str) -> None:
    """The sweep alone brings it back, and so do its events."""
    short = (Means.SWEEP, Means.EVENTS)
    trials = (
        Trial(kind, (kill,), Loss.EVERYTHING, means)
        for kill in _kills(effects_of(scene, kind))
        for means in _means(kill.side, short=short)
    )
    all_attempted(scene, trials, name="after a flush")


@pytest.mark.parametrize("kind", CHOSEN)
def test_an_order_survives_a_kill_at_every_effect_and_a_store_that_forgets_its_last_write(
    scene: Scene, kind: str
) -> None:
    names = effects_of(scene, kind)
    turns = (Means.REDELIVERY, Means.EVERYTHING)
    trials = (
        Trial(kind, (Kill(number, Side.AFTER),), Loss.LAST_WRITE, means, last_write=last_write(names, number))
        for number in range(1, len(names) + 1)
        for means in (turns if IS_LONG else (turns[number % 2],))
    )
    all_attempted(scene, trials, name="after a restart that forgot")


@pytest.mark.parametrize("loss", [Loss.NOTHING, Loss.EVERYTHING])
@pytest.mark.parametrize("kind", CHOSEN)
def test_a_write_that_whmcs_acts_upon_long_after_the_kill_counts_once(scene: Scene, kind: str, loss: Loss) -> None:
    """The request was on its way when its process was killed, and takes effect at the end of WHMCS's time limit."""
    names = effects_of(scene, kind)
    writes = {f"whmcs {action}" for action in ("AddOrder", "AcceptOrder", "ModuleCreate")}
    numbers = [number for number, name in enumerate(names, start=1) if name in writes]
    trials = (
        Trial(kind, (Kill(number, Side.LATE),), loss, means, whmcs_takes_s=LATE_S, whmcs_time_limit_s=LATE_S)
        for number in numbers
        for means in Means
    )
    all_attempted(scene, trials, name="with a late effect")
