"""One trial: an order, a process that is killed at an effect, and others that carry on by the ordinary means."""

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sandbox.samples import PlacedSample
from tests.crash.effects import Effects, Kill, KilledError
from tests.crash.passing_time import STEP_S, MovedClock, grow_older
from tests.crash.scene import Scene
from tests.crash.store_losses import Snapshot, begin_another_life
from tests.crash.world import USUAL, Make, World

# Time that may pass until an order has ended: the lock of a sweep that was killed holds for 300 s.
_STEPS = 40


class Means(StrEnum):
    """By what an order is carried on; the event comes again by itself only while it was not taken in."""

    REDELIVERY = "redelivery"
    SWEEP = "sweep"
    EVENTS = "the same event and a new one"
    EVERYTHING = "everything"


class Loss(StrEnum):
    """What the store loses at the moment of a kill."""

    NOTHING = "nothing lost"
    EVERYTHING = "store emptied"
    LAST_WRITE = "store restarted without its last write"


@dataclass(frozen=True, slots=True)
class Trial:
    """What happens to one order."""

    kind: str
    kills: tuple[Kill, ...] = ()
    loss: Loss = Loss.NOTHING
    means: Means = Means.REDELIVERY
    make: Make = USUAL
    # A store whose restart nobody notices, to show what the memory mark is for.
    is_noticed: bool = True
    # The number of the first process's last effect that wrote to the store, for a store that forgets it.
    last_write: int = 0
    # How long WHMCS goes on with a request of a dead process, and what the service believes of that.
    whmcs_takes_s: float = 0
    whmcs_time_limit_s: float = 5


@dataclass
class Outcome:
    """What came of it: the effects of each process, and what is wrong in the end."""

    trial: Trial
    effects: list[Effects]
    problems: Sequence[str] = ()

    @property
    def kills(self) -> int:
        """Return how many kills found their process alive."""
        return sum(each.is_dead for each in self.effects)

    def __str__(self) -> str:
        kills = ", then ".join(f"{e.kill.side} {len(e.names)} ({e.names[-1]})" for e in self.effects if e.kill)
        trial = self.trial
        return f"{trial.kind}: killed {kills}; {trial.loss}; by {trial.means}: " + "; ".join(self.problems)


def attempt(scene: Scene, trial: Trial) -> Outcome:
    """Run a trial to its end."""
    sample = scene.place(trial.kind)
    with ExitStack() as stack:
        attempted = _Attempt(scene, trial, sample, stack)
        attempted.run()
        return Outcome(trial, attempted.effects, attempted.problems())


class _Attempt:
    def __init__(self, scene: Scene, trial: Trial, sample: PlacedSample, stack: ExitStack) -> None:
        self._scene, self._trial, self._sample, self._stack = scene, trial, sample, stack
        self._clock = MovedClock()
        self._event_at = datetime.now(UTC)
        self._settings = scene.settings.model_copy(update={"whmcs_time_limit_s": trial.whmcs_time_limit_s})
        self._snapshot = Snapshot(scene.store)
        self._since_kill_s = 0
        self.effects: list[Effects] = []

    def run(self) -> None:
        """Let processes begin and be killed, and the last one finish."""
        means = [Means.REDELIVERY, *(self._trial.means for _ in self._trial.kills)]
        for kill, by in zip([*self._trial.kills, None], means, strict=True):
            try:
                self._carry_on(self._begin(kill), by)
            except KilledError:
                self._lose()
            else:
                break
        self._let_arrive()

    def problems(self) -> list[str]:
        """Return what is wrong in the end."""
        return self._scene.problems(self._sample)

    def _begin(self, kill: Kill | None) -> World:
        effects = Effects(kill)
        if not self.effects:
            effects.look_at = {self._trial.last_write: self._snapshot.take}
        self.effects.append(effects)
        world = World(self._settings, effects, self._clock, self._trial.make)
        self._stack.callback(world.close)
        return world

    def _carry_on(self, world: World, means: Means) -> None:
        self._hear_of_it(world, means)
        for _ in range(_STEPS):
            world.look()
            if means in {Means.SWEEP, Means.EVERYTHING}:
                world.sweep()
            world.work_off()
            if self._scene.is_over(self._sample):
                return
            self._pass_time()

    def _hear_of_it(self, world: World, means: Means) -> None:
        order_id = self._sample.event_order_id
        if means is not Means.SWEEP:
            world.admit(order_id, event_id="event-1", event_at=self._event_at)
        if means in {Means.EVENTS, Means.EVERYTHING}:
            self._scene.request(self._sample)
            event_id = f"event-{len(self.effects) + 1}"
            world.admit(order_id, event_id=event_id, event_at=datetime.now(UTC))

    def _pass_time(self) -> None:
        if self._since_kill_s + STEP_S > self._trial.whmcs_takes_s:
            self._let_arrive()
        self._since_kill_s += STEP_S
        self._clock.move(STEP_S)
        grow_older(self._scene.store, STEP_S)

    def _let_arrive(self) -> None:
        """Let the other side act on what dead processes sent, at the last moment at which it may."""
        for each in self.effects:
            arrive, each.on_its_way = each.on_its_way, None
            if arrive is not None:
                arrive()

    def _lose(self) -> None:
        self._since_kill_s = 0
        match self._trial.loss:
            case Loss.EVERYTHING:
                self._scene.store.flushall()
            case Loss.LAST_WRITE:
                self._snapshot.put_back()
                if self._trial.is_noticed:
                    begin_another_life(self._scene.store)
            case Loss.NOTHING:
                pass
