"""One chaos run: the outside world in this process, the service as real processes, and trouble for all of them."""

import random
import time
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path

import dramatiq
import redis

from actors.broker import make_broker
from clients.ledger.ledger import Ledger
from pipeline.reconcile import RECONCILE_QUEUE
from sandbox.server import Sandbox
from tests.chaos.logs import read_logs
from tests.chaos.plan import Plan
from tests.chaos.platform import Platform
from tests.chaos.report import Outcome
from tests.chaos.store import Store
from tests.chaos.timeline import Timeline
from tests.chaos.traffic import BATCH_EVERY_S, Traffic
from tests.chaos.weather import Weather

_TICK_S = 0.05
# The end has to last: effects that come late, and messages of the dead, may still stir.
_SETTLED_S = 8.0
_LOOK_EVERY_S = 1.0

Tell = Callable[[str], None]


class Chaos:
    """A run in its parts; `run` does all of it."""

    def __init__(self, plan: Plan, folder: Path, tell: Tell) -> None:
        self._plan = plan
        self._folder = folder
        self._tell = tell
        self._timeline = Timeline()
        self._done: list[tuple[float, str]] = []
        self._ended_at_s: float | None = None
        self._look_at_s = 0.0

    def run(self) -> Outcome:
        """Run until all orders have ended for good, or time is up."""
        plan = self._plan
        logs = self._folder / "logs"
        logs.mkdir(parents=True)
        with ExitStack() as stack:
            self._box = stack.enter_context(Sandbox(seed=plan.seed))
            self._store = stack.enter_context(Store(self._folder / "valkey"))
            env = self._box.env | plan.settings() | {"REDIS_URL": self._store.url}
            self._platform = Platform(env, logs, random.Random(f"platform {plan.seed}"))  # noqa: S311 - repeatable
            stack.callback(self._platform.stop)
            self._weather = Weather(self._box, plan)
            self._traffic = Traffic(self._box, plan)
            self._broker = make_broker(Ledger(self._store.client))
            self._schedule()
            self._go()
            self._platform.stop()
            return self._outcome(logs)

    def _go(self) -> None:
        self._weather.fair()
        self._platform.start()
        self._began_s = time.monotonic()
        while not self._is_over():
            self._timeline.run_due(self._now_s())
            self._platform.tick()
            time.sleep(_TICK_S)
        self._took_s = self._now_s()

    def _now_s(self) -> float:
        return time.monotonic() - self._began_s

    def _schedule(self) -> None:
        plan, timeline = self._plan, self._timeline
        timeline.every(
            BATCH_EVERY_S,
            lambda: self._traffic.publish_until(self._now_s()),
            first_s=0.5,
            until_s=plan.publish_s + BATCH_EVERY_S,
        )
        timeline.every(plan.kill_every_s, self._platform.kill_random, first_s=6, until_s=plan.trouble_s)
        timeline.every(plan.cut_every_s, self._weather.cut_streams, first_s=8, until_s=plan.within_s)
        timeline.every(plan.sweep_every_s, self._sweep, first_s=3, until_s=plan.within_s)
        self._schedule_troubles(plan.publish_s, plan.outage_s)

    def _schedule_troubles(self, over_s: float, outage_s: float) -> None:
        """Place the single troubles: one after the other, so that each is met by a service at work."""
        self._once(over_s * 0.10, "FLUSHALL", self._store.flush)
        self._once(over_s * 0.18, "WHMCS away", self._weather.whmcs_away)
        self._once(over_s * 0.18 + outage_s, "WHMCS back", self._weather.fair)
        self._once(over_s * 0.34, "Valkey restarted empty", self._store.restart_empty)
        self._once(over_s * 0.40, "Salesforce away", self._weather.salesforce_away)
        self._once(over_s * 0.40 + outage_s, "Salesforce back", self._weather.fair)
        self._once(over_s * 0.58, "Valkey away", self._store.stop)
        self._once(over_s * 0.58 + outage_s, "Valkey back", self._store.start)
        self._once(over_s * 0.73, "Valkey frozen", self._store.freeze)
        self._once(over_s * 0.73 + self._plan.frozen_s, "Valkey thawed", self._store.thaw)
        self._once(over_s * 0.92, "deploy", self._platform.deploy)
        self._once(over_s * 0.96, "FLUSHALL", self._store.flush)

    def _once(self, moment_s: float, what: str, action: Callable[[], None]) -> None:
        def act() -> None:
            self._done.append((self._now_s(), what))
            self._tell(f"{self._now_s():6.1f} s  {what}")
            action()

        self._timeline.at(moment_s, act)

    def _sweep(self) -> None:
        """Start a sweep as a second scheduler would; one that cannot be stored is missed."""
        message: dramatiq.Message[None] = dramatiq.Message(
            queue_name=RECONCILE_QUEUE, actor_name="reconcile", args=(), kwargs={}, options={}
        )
        with suppress(redis.RedisError):
            self._broker.enqueue(message)

    def _is_over(self) -> bool:
        """Tell whether all orders have ended and stay so, or time is up."""
        if self._now_s() > self._plan.within_s:
            return True
        if self._now_s() < self._look_at_s:
            return False
        self._look_at_s = self._now_s() + _LOOK_EVERY_S
        if not self._has_ended():
            self._ended_at_s = None
        elif self._ended_at_s is None:
            self._ended_at_s = self._now_s()
        return self._ended_at_s is not None and self._now_s() - self._ended_at_s > _SETTLED_S

    def _has_ended(self) -> bool:
        if not self._traffic.is_over or self._now_s() < self._plan.publish_s:
            return False
        report = self._box.audit()
        self._tell(f"{self._now_s():6.1f} s  {report.lost} left, ledger: {self._store.unfinished()}")
        return report.ok and self._store.unfinished() == 0

    def _leftovers(self) -> list[str]:
        dead = self._store.dead_letters()
        return [f"{dead} messages are among the dead letters"] if dead else []

    def _outcome(self, logs: Path) -> Outcome:
        platform = self._platform
        return Outcome(
            plan=self._plan,
            audit=self._box.audit(),
            published=self._traffic.published,
            ended_after_s=self._ended_at_s,
            took_s=self._took_s,
            done=tuple(self._done),
            kills=dict(platform.kills),
            starts=dict(platform.starts),
            played=self._box.faults.played(),
            calls=self._box.calls.counts(),
            said=read_logs(logs),
            findings=(*platform.findings, *self._leftovers()),
        )
