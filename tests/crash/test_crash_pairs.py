"""Pairs of crashes: whoever carries on after a crash may be killed too, wherever he is, and the store emptied."""

import os
import random
from collections.abc import Iterator

import pytest

from tests.crash.effects import Kill, Side
from tests.crash.points import FEW, IS_LONG, SEED, TRIED, effects_of
from tests.crash.scene import Scene
from tests.crash.trial import Loss, Means, Trial, attempt

PAIRS = int(os.environ.get("CRASH_PAIRS", "150"))
SIDES, LOSSES = (Side.BEFORE, Side.AFTER), (Loss.NOTHING, Loss.NOTHING, Loss.EVERYTHING)
# How many effects a process that carries on has more than one that begins, about.
_MORE = 20


def test_an_order_survives_two_kills_one_after_the_other(scene: Scene) -> None:
    """A sample of all pairs, drawn by a seed; a draw whose second point is never reached does not count."""
    reached = 0
    for trial in _drawn(scene):
        outcome = attempt(scene, trial)
        assert not outcome.problems, f"seed {SEED}: {outcome}"
        reached += outcome.kills == len(trial.kills)
        if reached == PAIRS:
            break
    TRIED["pairs"] += reached


def _drawn(scene: Scene) -> Iterator[Trial]:
    chance = random.Random(SEED)  # noqa: S311 - seeded, so that a pair that fails can be drawn again
    counts = {kind: len(effects_of(scene, kind)) for kind in FEW}
    while True:
        kind = chance.choice(FEW)
        first = chance.randint(1, counts[kind])
        second = chance.randint(1, counts[kind] - first + _MORE)
        kills = (Kill(first, chance.choice(SIDES)), Kill(second, chance.choice(SIDES)))
        yield Trial(kind, kills, chance.choice(LOSSES), chance.choice(tuple(Means)))


@pytest.mark.skipif(not IS_LONG, reason="all pairs take minutes: make crash")
@pytest.mark.parametrize("loss", [Loss.NOTHING, Loss.EVERYTHING])
@pytest.mark.parametrize("kind", FEW)
def test_an_order_survives_every_pair_of_kills(scene: Scene, kind: str, loss: Loss) -> None:
    for first in range(1, len(effects_of(scene, kind)) + 1):
        second, is_reached = 1, True
        while is_reached:
            kills = (Kill(first, Side.BEFORE), Kill(second, Side.BEFORE))
            outcome = attempt(scene, Trial(kind, kills, loss, Means.EVERYTHING))
            assert not outcome.problems, outcome
            is_reached = outcome.kills == len(kills)
            TRIED["pairs"] += is_reached
            second += 1
