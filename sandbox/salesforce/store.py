"""The rows of the org: replaced, never changed in place, found by id and by the look-ups that point to a parent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sandbox.salesforce.fields import ObjectType

Row = dict[str, object]


class Store:
    """All rows by object and id; what was deleted stays in a bin of the same shape."""

    def __init__(self, objects: dict[str, ObjectType]) -> None:
        self.tables: dict[str, dict[str, Row]] = {name: {} for name in objects}
        self.bin: dict[str, dict[str, Row]] = {name: {} for name in objects}
        self._by_prefix = {each.prefix: name for name, each in objects.items()}
        self._lookups = _indexed_lookups(objects)
        self._children: dict[tuple[str, str], dict[str, dict[str, None]]] = {
            (name, field): {} for name, fields in self._lookups.items() for field in fields
        }
        self._undo: list[Callable[[], None]] | None = None

    def object_of(self, record_id: str) -> str | None:
        """Return the object to which an id belongs by its prefix."""
        return self._by_prefix.get(record_id[:3])

    def put(self, object_name: str, record_id: str, row: Row | None) -> None:
        """Set a row, or take it out with None; an open transaction can take this back."""
        table = self.tables[object_name]
        old = table.get(record_id)
        if self._undo is not None:
            self._undo.append(lambda: self._set(object_name, record_id, old))
        self._set(object_name, record_id, row)

    def discard(self, object_name: str, record_id: str) -> None:
        """Move a row to the bin."""
        row = self.tables[object_name][record_id]
        self.put(object_name, record_id, None)
        bin_ = self.bin[object_name]
        bin_[record_id] = row | {"IsDeleted": True}
        if self._undo is not None:
            self._undo.append(lambda: bin_.__delitem__(record_id))

    def children(self, object_name: str, lookup: str, parent_id: str) -> list[Row]:
        """Return the rows whose look-up points to a parent, in the order in which they were made."""
        table = self.tables[object_name]
        return [table[child] for child in self._children[object_name, lookup].get(parent_id, ())]

    def is_indexed(self, object_name: str, lookup: str) -> bool:
        """Tell whether `children` knows this look-up."""
        return (object_name, lookup) in self._children

    @contextmanager
    def transaction(self) -> Iterator[Callable[[], None]]:
        """Note every change; the function that is given takes all of them back."""
        outer, self._undo = self._undo, []
        changes = self._undo

        def roll_back() -> None:
            while changes:
                changes.pop()()

        try:
            yield roll_back
        finally:
            self._undo = outer
            if outer is not None:
                outer.extend(changes)

    def _set(self, object_name: str, record_id: str, row: Row | None) -> None:
        table = self.tables[object_name]
        old = table.get(record_id)
        for lookup in self._lookups[object_name]:
            self._reindex(self._children[object_name, lookup], record_id, old and old[lookup], row and row[lookup])
        if row is None:
            table.pop(record_id, None)
        else:
            table[record_id] = row

    @staticmethod
    def _reindex(index: dict[str, dict[str, None]], record_id: str, old: object, new: object) -> None:
        if old == new:
            return
        if isinstance(old, str):
            index.get(old, {}).pop(record_id, None)
        if isinstance(new, str):
            index.setdefault(new, {})[record_id] = None


def _indexed_lookups(objects: dict[str, ObjectType]) -> dict[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {name: set() for name in objects}
    for each in objects.values():
        for children in each.children.values():
            found[children.object_name].add(children.lookup)
    return {name: tuple(sorted(fields)) for name, fields in found.items()}
