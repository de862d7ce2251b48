"""After the demo's orders have ended: say what to try, and tell what comes of it."""

import time
from collections.abc import Callable

from cli.demo_advice import advice
from cli.demo_folder import DemoFolder
from cli.demo_machine import Machine
from cli.output import say
from sandbox.server import Sandbox

_LOOK_EVERY_S = 1.0


def stay(place: DemoFolder, machine: Machine, box: Sandbox, check: Callable[[], None]) -> None:
    """Tell what happens to orders that the person sends, and to the processes, until told to go.

    Raises: what `check` raises, which is called with every look.
    """
    say(_advice(place, machine, box))
    told = {_standing(box), *_crashes(machine)}
    while not machine.stopping.wait(_LOOK_EVERY_S):
        check()
        news = {_standing(box), *_crashes(machine)}
        for line in sorted(news - told):
            say(f"{time.strftime('%H:%M:%S')}  {line}")
        told = news


def _advice(place: DemoFolder, machine: Machine, box: Sandbox) -> str:
    kinds = {sample.kind: sample.order_id for sample in box.play.samples()}
    return advice(
        url=box.url,
        command=place.shown("provision"),
        logs=place.shown("logs"),
        order_id=kinds.get("plain_monthly") or next(iter(kinds.values())),
        pids=machine.news.running,
    )


def _standing(box: Sandbox) -> str:
    report = box.audit()
    failed = report.orders - report.activated - report.lost
    return (
        f"{box.org.bus.published} events, {report.orders} orders: {report.activated} activated, "
        f"{failed} failed, {report.lost} under way; {report.doubled} doubled, {report.wrong} wrong"
    )


def _crashes(machine: Machine) -> list[str]:
    again = "all processes are started again, as a platform does"
    return [f"{number}. {crash.text}: {again}" for number, crash in enumerate(machine.news.crashes, 1)]
