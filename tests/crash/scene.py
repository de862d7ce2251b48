"""The outside of the processes: a sandbox in use, a store that has been up for a while, and what both must show."""

from collections.abc import Iterator
from typing import cast

import redis

from clients.ledger import keys, queues
from clients.ledger.ledger import Ledger
from config.settings import Settings, load
from sandbox.audit import audit
from sandbox.samples import PlacedSample
from sandbox.server import Sandbox
from tests.crash.seams import names_by_digest, scripts
from tests.support.stack import age_memory

# A crowd of orders makes the audit slow, and longer lists more pages: then the effects would not be the same any more.
_ORDERS_PER_SANDBOX = 30
# Every retry is due at the next step of time; no allowance for clocks that differ, as here they do not.
_ENV = {
    "SWEEP_GRACE_S": "10",
    "RETRY_MIN_S": "1",
    "RETRY_MAX_S": "10",
    "CLOCK_SKEW_S": "0",
}
_UP_FOR_S = 3600


class Scene:
    """A sandbox and a store, and the order that is looked at."""

    def __init__(self, redis_url: str) -> None:
        self._redis_url = redis_url
        self.store = redis.Redis.from_url(redis_url)
        self._ledger = Ledger(self.store)
        self._box: Sandbox | None = None
        self._settings: Settings | None = None
        self._left = 0

    @property
    def box(self) -> Sandbox:
        """Return the sandbox."""
        if self._box is None:
            raise RuntimeError("There is a sandbox when an order has been placed.")
        return self._box

    @property
    def settings(self) -> Settings:
        """Return the settings of the processes."""
        if self._settings is None:
            raise RuntimeError("There are settings when an order has been placed.")
        return self._settings

    def place(self, kind: str) -> PlacedSample:
        """Empty the store and make one order, requested in Salesforce; nobody has taken its event in."""
        if not self._left:
            self._open()
        self._left -= 1
        self.store.flushall()
        # A store that has been up for a while knows the scripts: the effects are the same in every run.
        self._load_scripts()
        age_memory(self._ledger, _UP_FOR_S)
        [sample] = self.box.make_orders(1, kinds=[kind])
        self.request(sample)
        return sample

    def request(self, sample: PlacedSample) -> None:
        """Do what the flow does before it publishes an event."""
        self.box.call(lambda: self.box.play.request(sample.order_id))

    def is_over(self, sample: PlacedSample) -> bool:
        """Tell whether Salesforce shows an end, if it has the order, and no process has anything left to do."""
        status = self.box.call(lambda: self.box.play.status(sample))
        has_ended = status in {"Activated", "Failed"} or not sample.exists
        return has_ended and not list(self._left_behind())

    def problems(self, sample: PlacedSample) -> list[str]:
        """Return what is not as it has to be, in both systems and in the store."""
        report = self.box.call(lambda: audit(self.box.org, self.box.shop, [sample]))
        return [*(f"{each.verdict}: {each.text}" for each in report.findings), *self._left_behind()]

    def close(self) -> None:
        """Close the sandbox and the connection."""
        if self._box is not None:
            self._box.stop()
        self.store.close()

    def _open(self) -> None:
        if self._box is not None:
            self._box.stop()
        self._box = Sandbox(seed=1)
        self._box.start()
        self._settings = load(self._box.env | _ENV | {"REDIS_URL": self._redis_url})
        self._left = _ORDERS_PER_SANDBOX
        # A shop in use: a marked order is there already, so that a process can tell that markers are kept.
        self._box.make_orders(1, kinds=["already_activated"])

    def _load_scripts(self) -> None:
        known = self.store.script_exists(*names_by_digest())
        for is_known, name in zip(known, names_by_digest().values(), strict=True):
            if not is_known:
                self.store.script_load(scripts()[name])

    def _left_behind(self) -> Iterator[str]:
        """Name the keys that hold a message or an order that somebody still has to work on."""
        for key in sorted(each.decode() for each in cast("list[bytes]", self.store.keys("*"))):
            if key.startswith(_AT_WORK) or (key.startswith(_BROKER) and not _is_a_sign(key)):
                yield f"left behind: {key}"


_BROKER = f"{queues.NAMESPACE}:"
_AT_WORK = (keys.claim(""), keys.lock(""), keys.UNFINISHED)


def _is_a_sign(key: str) -> bool:
    """Tell whether a key of the broker only says who lives, who waits and which queues there are."""
    return key.endswith(".waiting") or (key.startswith(f"{_BROKER}__") and "__acks__" not in key)
