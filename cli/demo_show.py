"""The demo itself: orders go through the running processes, and both systems say what came of them."""

import time
from collections.abc import Sequence
from typing import Any, Self

from rich.console import Console

from cli.demo_advice import advice
from cli.demo_folder import DemoFolder
from cli.demo_machine import Machine, count_workers
from cli.demo_result import Document, make_document, print_result
from cli.demo_screen import Screen, make_screen
from cli.demo_settings import demo_settings, process_env, shell_settings
from cli.demo_watch import Watch
from cli.output import emit, say
from clients.ledger import queues
from clients.ledger.ledger import Ledger
from clients.redis_connection import connect_redis
from sandbox.audit import AuditReport
from sandbox.samples import PlacedSample
from sandbox.server import Sandbox

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
        self._ledger.touch_mark()
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
        """Say what to try, and tell what comes of it, until told to go. Raises: DemoError."""
        say(self._advice())
        told = {self._standing(), *self._crashes()}
        while not self._machine.stopping.wait(1):
            self._machine.check()
            news = {self._standing(), *self._crashes()}
            for line in sorted(news - told):
                say(f"{time.strftime('%H:%M:%S')}  {line}")
            told = news

    def _are_up(self) -> bool:
        """Tell whether each worker process has shown a sign of life, and the subscriber has opened its stream."""
        alive: Any = self._ledger.redis.zcard(queues.HEARTBEATS)
        return bool(alive >= count_workers() and self._box.calls.counts().get("pubsub.Subscribe"))

    def _publish(self, samples: Sequence[PlacedSample]) -> None:
        twice = len(samples) // _ONE_TWICE_IN
        self._box.publish([sample.order_id for sample in samples], duplicates=twice)
        say(f"Published the events of {len(samples)} orders" + (f", {twice} of them twice." if twice else "."))

    def _follow(self, watch: Watch, screen: Screen) -> None:
        """Show the orders until all have ended, or none has moved for too long."""
        while not watch.is_over and watch.still_for_s < _STILL_FOR_S:
            self._machine.check()
            began_s = time.monotonic()
            watch.look()
            screen.show(watch)
            self._machine.stopping.wait(max(_LOOK_EVERY_S, (time.monotonic() - began_s) * _LOOK_SHARE))

    def _settled(self) -> AuditReport:
        """Return the audit as soon as it is content, or when it is not going to be."""
        deadline_s = time.monotonic() + _SETTLED_WITHIN_S
        while not (report := self._box.audit()).ok and time.monotonic() < deadline_s:
            self._machine.check()
            self._machine.stopping.wait(_LOOK_EVERY_S)
        return report

    def _standing(self) -> str:
        report = self._box.audit()
        failed = report.orders - report.activated - report.lost
        return (
            f"{self._box.org.bus.published} events, {report.orders} orders: {report.activated} activated, "
            f"{failed} failed, {report.lost} under way; {report.doubled} doubled, {report.wrong} wrong"
        )

    def _crashes(self) -> list[str]:
        again = "all processes are started again, as a platform does"
        return [f"{number}. {crash.text}: {again}" for number, crash in enumerate(self._machine.news.crashes, 1)]

    def _advice(self) -> str:
        kinds = {sample.kind: sample.order_id for sample in self._box.play.samples()}
        return advice(
            url=self._box.url,
            command=self._place.shown("provision"),
            logs=self._place.shown("logs"),
            order_id=kinds.get("plain_monthly") or next(iter(kinds.values())),
            pids=self._machine.news.running,
        )
