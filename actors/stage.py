"""The one decorator of all stages.

A stage is a plain function `verb_noun(value, use) -> next value`. Declared on a broker it becomes the Dramatiq actor of
the same name on its own queue; `actors.stage_run` holds what happens around the function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast, get_type_hints

import dramatiq
from dramatiq.middleware import CurrentMessage

from actors.stage_run import StageRun
from actors.toolbox import Clients
from actors.values import Run

# Longest that a stage may run: the longest outside call (AcceptOrder, 120 s) and the reads around it. It has to stay
# below the lease after which another delivery of the same stage goes ahead (clients.ledger.BUSY_LEASE).
TIME_LIMIT_MS = 240_000


@dataclass(frozen=True)
class Stage:
    """One stage: its function, its queue, and the value it takes."""

    body: Callable[[Any, Clients], Run | None]
    queue: str
    takes: type[Run]

    @property
    def name(self) -> str:
        """Return the actor's name, which is the function's."""
        return self.body.__name__

    def message(self, value: Run | None = None) -> dramatiq.Message[Any]:
        """Return a message for this stage; without a value it waits for the one that the stage before it makes."""
        args = () if value is None else (value.model_dump(mode="json"),)
        return dramatiq.Message(queue_name=self.queue, actor_name=self.name, args=args, kwargs={}, options={})

    def declare(self, broker: dramatiq.Broker, use: Clients, *, on_failure: "Stage") -> None:
        """Declare the stage on a broker as the actor of its name; failed runs go on to `on_failure`."""

        def actor(data: dict[str, Any]) -> dict[str, Any] | None:
            message = cast("dramatiq.MessageProxy", CurrentMessage.get_current_message())
            return StageRun(self.body, self.takes, use, message, on_failure.message()).run(data)

        declare = dramatiq.actor(
            actor_name=self.name,
            queue_name=self.queue,
            broker=broker,
            max_retries=None,  # by deadline, not by count: see actors.stage_run
            time_limit=TIME_LIMIT_MS,
        )
        declare(actor)


def stage(*, queue: str) -> Callable[[Callable[[Any, Clients], Run | None]], Stage]:
    """Make a function the stage of a queue; what it takes is the type of its first parameter."""

    def decorate(body: Callable[[Any, Clients], Run | None]) -> Stage:
        takes = next(iter(get_type_hints(body).values()))
        return Stage(body=body, queue=queue, takes=takes)

    return decorate
