"""Which crash points there are: every effect of a run that is left alone, and what it did there."""

import os
from collections import Counter
from collections.abc import Iterable

from sandbox.catalogue import KINDS
from tests.crash.scene import Scene
from tests.crash.trial import Outcome, Trial, attempt
from tests.crash.world import USUAL, Make

# One of each way through the stages: the straight one, the one with ModuleCreate, an order that is refused late, one
# that is refused early, and one that an earlier process has placed.
FEW = ("plain_monthly", "module_fails_once", "refused_by_whmcs", "account_not_mapped", "already_in_whmcs")
# The long run tries every kind of order, every means at every point, and every pair of points.
IS_LONG = os.environ.get("CRASH_POINTS") == "all"
CHOSEN = tuple(KINDS) if IS_LONG else FEW
SEED = int(os.environ.get("CRASH_SEED", "1"))

# How many crash points were tried, by what came with the crash; told at the end of the session.
TRIED: Counter[str] = Counter()

_MOST_SHOWN = 5


def effects_of(scene: Scene, kind: str, make: Make = USUAL) -> list[str]:
    """Return the names of the effects of an order's run that nothing disturbs."""
    outcome = attempt(scene, Trial(kind, make=make))
    assert not outcome.problems, outcome
    return outcome.effects[0].names


def last_write(names: list[str], number: int) -> int:
    """Return the number of the last effect, up to one of them, that wrote to the store; 0 for none."""
    writes = (at for at, name in enumerate(names[:number], start=1) if name.startswith("script"))
    return max(writes, default=0)


def all_attempted(scene: Scene, trials: Iterable[Trial], *, name: str) -> None:
    """Run trials; fail with what went wrong in any of them, or when one did not come to its crash point."""
    failed: list[Outcome] = []
    for trial in trials:
        outcome = attempt(scene, trial)
        TRIED[name] += 1
        assert outcome.kills == len(trial.kills), f"{outcome}: not every point was reached"
        if outcome.problems:
            failed.append(outcome)
    shown = "\n".join(str(outcome) for outcome in failed[:_MOST_SHOWN])
    assert not failed, f"{len(failed)} crash points went wrong:\n{shown}"
