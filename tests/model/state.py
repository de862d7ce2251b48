"""The state of the model: one order, its ledger, its Salesforce record, its WHMCS orders, and who works on it.

Moments are numbers of which only the order counts (`numbering`). There is one clock for sending, and one for events and
the births of memories, as nothing compares the two.
"""

from typing import NamedTuple

# The two moments that every state knows: the birth of a memory older than the order, and the order's creation.
LONG_AGO, CREATED = 0, 1
# The usual beginning: the event was published right after, and nothing was forgotten in between.
FIRST_EVENT = 2
# "None", where a number is kept.
NONE = -1


class Stage:
    """The queues; accept-order and write-back are one, since both are safe to repeat."""

    # Words, not an enumeration: those are hashed by Python code, and the checker does little else but hash.

    VALIDATE = "validate"
    ADD = "add"
    FINISH = "finish"
    FAIL = "record-failure"


class At:
    """Where a worker is: what its next step will do."""

    IDLE = "idle"
    ACTIVATE = "write Activating"
    INTEND = "intend"
    LOOK = "look up"
    NOTE = "wait out the limit and count the look"
    AGAIN = "intend again"
    SEND = "send AddOrder"
    RETRACT = "retract the intent"
    WRITE_BACK = "write Activated"
    TELL = "write Failed"
    PASS_ON = "pass on"
    RETRY = "retry"
    END = "end the run"


class Claim(NamedTuple):
    run: int
    fence: int
    mark: int


class Intent(NamedTuple):
    sent_at: int
    looks: int
    mark: int


class Message(NamedTuple):
    run: int
    stage: str
    attempted: bool
    event: int
    job: int = NONE


class Store(NamedTuple):
    """Redis. A mark is its birth: no two are born at the same moment."""

    mark: int = LONG_AGO
    claim: Claim | None = None
    intent: Intent | None = None
    messages: tuple[Message, ...] = ()
    seen: tuple[bool, bool] = (False, False)
    knows_order: bool = False
    seen_untouched: bool = False
    starts: int = 0
    fences: int = 0


class Worker(NamedTuple):
    at: str = At.IDLE
    run: int = NONE
    stage: str = Stage.VALIDATE
    attempted: bool = False
    event: int = NONE
    job: int = NONE
    fence: int = NONE
    mark: int = NONE
    sent_at: int = NONE
    looks: int = 0
    next_stage: str = Stage.VALIDATE


class Left(NamedTuple):
    """How many faults of each kind may still happen."""

    taken_for_dead: int = 0
    flush: int = 0
    restart: int = 0
    new_event: int = 0
    lost_answer: int = 2
    cancel: int = 0
    claim_expiry: int = 0
    switch: int = 0
    evict: int = 0


class State(NamedTuple):
    left: Left
    store: Store = Store()
    saved: Store | None = None
    workers: tuple[Worker, ...] = (Worker(), Worker())
    status: str = "Requested"
    attempted: bool = False
    orders: int = 0
    whmcs: str = "none"
    requests: tuple[int, ...] = ()
    events: tuple[int, int] = (FIRST_EVENT, NONE)
    is_lie: bool = False
