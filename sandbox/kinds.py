"""A kind of order: its name, what it is about in a sentence, and how it is made."""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.market import Market
from sandbox.samples import PlacedSample

Maker = Callable[[str, Market], PlacedSample]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of order; `make` is handed the kind's name."""

    name: str
    text: str
    make: Maker


class Kinds(dict[str, Kind]):
    """Kinds by name, put in by decorating the functions that make them."""

    def about(self, text: str) -> Callable[[Maker], Maker]:
        """Return a decorator that puts a function in, under its own name without the leading underscore."""

        def put(make: Maker) -> Maker:
            name = make.__name__.lstrip("_")
            self[name] = Kind(name, text, make)
            return make

        return put
