"""The one decorator of all stages.

A stage is a plain function `verb_noun(value, use) -> next value`. Declared on a broker it becomes the Dramatiq actor of
the same name on its own queue; `actors.stage_run` holds what happens around the function.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast, get_type_hints

import dramatiq
from dramatiq.middleware import CurrentMessage

from actors.broker import FulfilmentBroker
from actors.stage_end import ATTRIBUTE, UNFINISHED
from actors.stage_run import StageRun
from actors.toolbox import Clients
from actors.values import OrderRequest, Run


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

    def declare(
        self,
        broker: FulfilmentBroker,
        use: Clients,
        *,
        on_failure: "Stage",
        from_the_top: Callable[[OrderRequest], dramatiq.Message[Any]],
    ) -> None:
        """Declare the stage on a broker as the actor of its name.

        Failed runs go on to `on_failure`; `from_the_top` makes the first message of a run that has to start again.
        """

        def actor(data: dict[str, Any]) -> None:
            message = cast("dramatiq.MessageProxy", CurrentMessage.get_current_message())
            setattr(message, ATTRIBUTE, UNFINISHED)
            run = StageRun(
                self.body,
                self.takes,
                use,
                message,
                worker_id=broker.broker_id,
                on_failure=on_failure.message(),
                from_the_top=from_the_top,
            )
            setattr(message, ATTRIBUTE, run.run(data))

        declare = dramatiq.actor(actor_name=self.name, queue_name=self.queue, broker=broker)
        declare(actor)


def stage(*, queue: str) -> Callable[[Callable[[Any, Clients], Run | None]], Stage]:
    """Make a function the stage of a queue; what it takes is the type of its first parameter."""

    def decorate(body: Callable[[Any, Clients], Run | None]) -> Stage:
        takes = next(iter(get_type_hints(body).values()))
        return Stage(body=body, queue=queue, takes=takes)

    return decorate
