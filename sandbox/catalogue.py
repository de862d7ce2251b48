"""The catalogue: orders of every kind in both systems, each with its expected end. Seeded."""

import random
from collections.abc import Sequence

from sandbox.kinds import Kind
from sandbox.kinds_failing import FAILING
from sandbox.kinds_good import GOOD
from sandbox.market import Market
from sandbox.salesforce.org import Org
from sandbox.samples import PlacedSample
from sandbox.whmcs.shop import Shop

KINDS: dict[str, Kind] = {**GOOD, **FAILING}
# Of a large number of orders, as many fail as in a bad week; of a small number more, so that every kind is there.
_FAILING_SHARE = 0.2


class Catalogue:
    """Makes sample orders and remembers them for the audit."""

    def __init__(self, org: Org, shop: Shop, *, seed: int) -> None:
        self._chance = random.Random(f"catalogue {seed}")
        self._market = Market(org, shop, seed=seed)
        self.samples: dict[str, PlacedSample] = {}

    def make(self, count: int, *, kinds: Sequence[str] | None = None) -> list[PlacedSample]:
        """Make orders; of these kinds in turn, or of all, every kind at least once when `count` allows it.

        Raises: ValueError for a kind that the catalogue does not have.
        """
        chosen = self._mixed(count) if kinds is None else [_known(kinds)[i % len(kinds)] for i in range(count)]
        made = [KINDS[kind].make(kind, self._market) for kind in chosen]
        self.samples |= {sample.order_id: sample for sample in made}
        return made

    def _mixed(self, count: int) -> list[str]:
        failing = max(round(count * _FAILING_SHARE), min(len(FAILING), count - len(GOOD)))
        chosen = self._some(list(GOOD), count - failing) + self._some(list(FAILING), failing)
        self._chance.shuffle(chosen)
        return chosen

    def _some(self, kinds: Sequence[str], count: int) -> list[str]:
        """Return `count` kinds, as many different ones as possible."""
        all_of_them = count // len(kinds) and list(kinds)
        first = all_of_them or self._chance.sample(kinds, count)
        return first + self._chance.choices(kinds, k=count - len(first))


def _known(kinds: Sequence[str]) -> Sequence[str]:
    unknown = sorted(set(kinds) - set(KINDS))
    if unknown or not kinds:
        raise ValueError(f"no such kind: {', '.join(unknown)}; there are: {', '.join(KINDS)}")
    return kinds
