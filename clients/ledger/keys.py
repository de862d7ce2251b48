"""Every key of the ledger, built here and nowhere else.

provision:claim:<order>      hash   run, fence, mark, busy, busy_until: who works on the order now; expires
provision:fence              int    the last fencing number given out
provision:mark               hash   the memory mark: since when this store is sure to remember everything
provision:order:<order>      hash   what we remember of the order: run, stage, state, code, ids, times, current message
provision:history:<order>    list   JSON, one entry per stage run, bounded
provision:intent:<o>:<what>  hash   "this write may have been sent": time, number of empty look-ups
provision:pause:<queue>      string JSON: why nothing is taken from this queue, and until when; expires
provision:outages            list   JSON, past outages of the outside systems, bounded
provision:outage:<system>    string JSON: since when a system is away, and which stage told so
provision:unfinished         zset   order → last sign of life (ms)
provision:failures           hash   order → JSON of its unresolved failure; never expires by itself
provision:event:<event>      string an event that was taken in; expires after the bus has forgotten it
provision:lock:<name>        string whose turn it is; expires
provision:lease:<name>       string who leads; expires
provision:position:<where>   hash   replay position of one org, topic and endpoint
provision:undecodable        list   JSON of events that could not be decoded, bounded
provision:counters           hash   counts of what the subscriber saw
"""

PREFIX = "provision"

FENCE = f"{PREFIX}:fence"
MARK = f"{PREFIX}:mark"
OUTAGES = f"{PREFIX}:outages"
UNFINISHED = f"{PREFIX}:unfinished"
FAILURES = f"{PREFIX}:failures"
UNDECODABLE = f"{PREFIX}:undecodable"
COUNTERS = f"{PREFIX}:counters"


def claim(order_id: str) -> str:
    """Return the key of the order's claim."""
    return f"{PREFIX}:claim:{order_id}"


def order(order_id: str) -> str:
    """Return the key of what is remembered of the order."""
    return f"{PREFIX}:order:{order_id}"


def history(order_id: str) -> str:
    """Return the key of the order's bounded history."""
    return f"{PREFIX}:history:{order_id}"


def intent(order_id: str, action: str) -> str:
    """Return the key of the intent to send one outside write for the order."""
    return f"{PREFIX}:intent:{order_id}:{action}"


def pause(queue: str) -> str:
    """Return the key that holds a queue back."""
    return f"{PREFIX}:pause:{queue}"


def outage(system: str) -> str:
    """Return the key that says since when a system is away."""
    return f"{PREFIX}:outage:{system}"


def lease(name: str) -> str:
    """Return the key of a lease."""
    return f"{PREFIX}:lease:{name}"


def lock(name: str) -> str:
    """Return the key of a lock."""
    return f"{PREFIX}:lock:{name}"


def event(event_id: str) -> str:
    """Return the key that remembers an event."""
    return f"{PREFIX}:event:{event_id}"


def position(org_id: str, topic: str, endpoint: str) -> str:
    """Return the key of a replay position; positions mean nothing in another org, topic or on another bus."""
    return f"{PREFIX}:position:{org_id}:{topic}:{endpoint}"
