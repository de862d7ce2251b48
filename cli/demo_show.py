"""The demo itself: orders go through the running processes, and both systems say what came of them."""

import time
from collections.abc import Callable, Sequence
from typing import Any, Self, TypeVar

import redis
from rich.console import Console

from cli.demo_folder import DemoFolder
from cli.demo_machine import DemoError, Machine, count_workers
from cli.demo_result import Document, make_document, print_result
from cli.demo_screen import Screen, make_screen
from cli.demo_settings import demo_settings, process_env, shell_settings
from cli.demo_stay import stay
from cli.demo_watch import Watch
from cli.output import emit, say
from clients.ledger import queues
from clients.ledger.ledger import Ledger
from clients.redis_connection import connect_redis
from sandbox.audit import AuditReport
from sandbox.samples import PlacedSample
from sandbox.server import Sandbox

T = TypeVar("T")

# Beyond these, something is broken: a machine that does nothing else needs 4 s, and no wait at all.
_UP_WITHIN_S = 90.0
_STILL_FOR_S = 120.0
# An order that was asked for twice may run once more at its end, to find that there is nothing to do.
_SETTLED_WITHIN_S = 15.0
# One event in so many comes twice: Salesforce delivers at least once.
_ONE_TWICE_IN = 10
# Looking costs the orders time: at most a tenth of it.
_LOOK_EVERY_S, _LOOK_SHARE = 0.1, 10


class Show:
    """One demo, from its processes to the last word; a context that closes the sandbox."""

    def __init__(self, place: DemoFolder, machine: Machine, talk: Console, *, seed: int) -> None:
        self._place = place
        self._machine = machine
        self._talk = talk
        self._box = Sandbox(seed=seed)
        self._ledger: Ledger

    def __enter__(self) -> Self:
        self._box.start()
        return self

    def __exit__(self, *_: object) -> None:
        # First those who talk to it.
        self._machine.stop()
        self._box.stop()

    def start(self) -> None:
        """Start every process and return when all are at work. Raises: DemoError, StoppedError."""
        redis_url = self._machine.wait_for_valkey()
        settings = demo_settings(self._box.env, redis_url)
        self._machine.start_processes(process_env(settings))
        self._ledger = Ledger(connect_redis(redis_url))
        # What the store remembers begins here, before the first order.
        self._ask(self._ledger.touch_mark)
        self._place.write_settings(shell_settings(settings))
        self._machine.wait_until(self._are_up, within_s=_UP_WITHIN_S, what="The processes did not get up")
        count = len(self._machine.news.running)
        say(f"Valkey, the sandbox and {count} processes are up after {time.monotonic() - self._machine.began_s:.1f} s.")

    def play(self, orders: int, *, as_json: bool) -> Document:
        """Send orders through, tell what came of them and return it. Raises: DemoError, StoppedError."""
        samples = self._box.make_orders(orders)
        watch = Watch.over(self._ledger, samples)
        self._publish(samples)
        with make_screen(self._talk, orders) as screen:
            self._follow(watch, screen)
        report = self._settled() if watch.is_over else self._box.audit()
        result = make_document(watch, report, [crash.text for crash in self._machine.news.crashes])
        emit(result, as_json=as_json, render=lambda data: print_result(data, list(watch.rows.values())))
        return result

    def stay(self) -> None:
        """Let the person play with it until told to go. Raises: DemoError, StoppedError."""
        stay(self._place, self._machine, self._box, self._check)

    def _are_up(self) -> bool:
        """Tell whether each worker process has shown a sign of life, and the subscriber has opened its stream."""
        alive: Any = self._ask(lambda: self._ledger.redis.zcard(queues.HEARTBEATS))
        return bool(alive >= count_workers() and self._box.calls.counts().get("pubsub.Subscribe"))

    def _publish(self, samples: Sequence[PlacedSample]) -> None:
        twice = len(samples) // _ONE_TWICE_IN
        self._box.publish([sample.order_id for sample in samples], duplicates=twice)
        say(f"Published the events of {len(samples)} orders" + (f", {twice} of them twice." if twice else "."))

    def _follow(self, watch: Watch, screen: Screen) -> None:
        """Show the orders until all have ended, or none has moved for too long."""
        while not watch.is_over and watch.still_for_s < _STILL_FOR_S:
            self._check()
            began_s = time.monotonic()
            self._ask(watch.look)
            screen.show(watch)
            self._machine.stopping.wait(max(_LOOK_EVERY_S, (time.monotonic() - began_s) * _LOOK_SHARE))

    def _settled(self) -> AuditReport:
        """Return the audit as soon as it is content, or when it is not going to be."""
        deadline_s = time.monotonic() + _SETTLED_WITHIN_S
        while not (report := self._box.audit()).ok and time.monotonic() < deadline_s:
            self._check()
            self._machine.stopping.wait(_LOOK_EVERY_S)
        return report

    def _check(self) -> None:
        """Return while everything runs that the demo needs. Raises: DemoError, StoppedError."""
        self._machine.check()
        self._ask(self._ledger.redis.ping)

    def _ask(self, valkey: Callable[[], T]) -> T:
        """Return what Valkey answers. Raises: DemoError."""
        try:
            return valkey()
        except redis.RedisError as error:
            log = self._place.shown("valkey/valkey.log")
            raise DemoError(f"Valkey does not answer any more ({error}); its log is {log}.") from error
