"""The keys of Dramatiq's queues: the layout of its own Redis broker, and what ours adds to it.

Stock (so that Dramatiq's own scripts, command line and clients work on the same queues):

    <ns>:<queue>                    list   ids of waiting messages; `<queue>.DQ` holds the delayed ones
    <ns>:<queue>.msgs               hash   id → message, until it is acknowledged
    <ns>:__acks__.<worker>.<queue>  set    ids that a worker has fetched and not acknowledged
    <ns>:__heartbeats__             zset   worker → last sign of life, ms

Ours:

    <ns>:<queue>.waiting            string a consumer found the queue empty and waits to be woken; also the channel
    <ns>:<queue>.due                zset   ids of delayed messages that were looked at → due time, ms
    <ns>:__looked_at__              string when somebody last looked for dead workers, ms
    <ns>:__queues__                 set    names of all queues that any worker has
    <ns>:__grace__                  string the store was away: nobody is taken for dead yet; expires
"""

NAMESPACE = "dramatiq"


def queue(name: str) -> str:
    """Return the key of the list of waiting message ids."""
    return f"{NAMESPACE}:{name}"


def messages(name: str) -> str:
    """Return the key of the messages themselves."""
    return f"{NAMESPACE}:{name}.msgs"


def delayed(name: str) -> str:
    """Return the name of the queue's delay queue."""
    return f"{name}.DQ"


def acks(worker_id: str, name: str) -> str:
    """Return the key of what a worker has fetched from a queue and not acknowledged."""
    return f"{NAMESPACE}:__acks__.{worker_id}.{name}"


def waiting(name: str) -> str:
    """Return the key that says that somebody waits for this queue, and the channel on which he is woken."""
    return f"{NAMESPACE}:{name}.waiting"


def due(name: str) -> str:
    """Return the key of the delayed messages by due time."""
    return f"{NAMESPACE}:{name}.due"


HEARTBEATS = f"{NAMESPACE}:__heartbeats__"
LOOKED_AT = f"{NAMESPACE}:__looked_at__"
GRACE = f"{NAMESPACE}:__grace__"
NAMES = f"{NAMESPACE}:__queues__"
