"""Reads the shape of a query into a tree.

Raises Refused (MALFORMED_QUERY) with the place of what it cannot read. Source: Salesforce fact sheet 4.1.
"""

from functools import lru_cache

from sandbox.salesforce.soql.conditions import ConditionReader
from sandbox.salesforce.soql.lexer import Word, words_of
from sandbox.salesforce.soql.nodes import Count, Path, Query, Sort

_CLAUSES = ("WHERE", "WITH", "GROUP", "ORDER", "LIMIT", "OFFSET", "FOR", "USING", "ALL")
_LARGEST_OFFSET = 2000


@lru_cache(maxsize=512)
def parse(shape: str) -> Query:
    """Return the tree of a query; its texts are numbered in the order in which they stand."""
    reader = _Parser(shape, words_of(shape))
    query = reader.query()
    reader.expect_end()
    return query


class _Parser(ConditionReader):
    def query(self) -> Query:
        self.keyword("SELECT")
        fields, counts = self._select()
        self.keyword("FROM")
        source = self._source()
        where = self.condition() if self.skip("WHERE") else None
        group_by = self._group_by() if self.skip("GROUP") else ()
        order_by = self._order_by() if self.skip("ORDER") else ()
        limit = self._whole_number() if self.skip("LIMIT") else None
        offset = self._whole_number() if self.skip("OFFSET") else 0
        if offset > _LARGEST_OFFSET:
            raise self.refusal("NUMBER_OUTSIDE_VALID_RANGE", f"Maximum SOQL offset allowed is {_LARGEST_OFFSET}")
        return Query(source, fields, counts, where, group_by, order_by, limit, offset)

    def _source(self) -> str:
        source = self.name()
        word = self.peek()
        if word.kind == "name" and word.upper not in _CLAUSES:
            raise self.unexpected(word)  # an alias: nobody here needs one
        return source

    def _select(self) -> tuple[tuple[Path | Query | Count, ...], bool]:
        fields: list[Path | Query | Count] = [self._selected()]
        if isinstance(fields[0], Count) and fields[0] == Count(None, None):
            return (), True
        while self.sign(","):
            fields.append(self._selected())
        return tuple(fields), False

    def _selected(self) -> Path | Query | Count:
        if self.sign("("):
            inner = self.query()
            self.close()
            return inner
        word = self.peek()
        path = self.path()
        if word.upper == "COUNT" and self.sign("("):
            return self._count()
        return path

    def _count(self) -> Count:
        if self.sign(")"):
            return Count(None, self._alias())
        path = self.path()
        self.close()
        return Count(path, self._alias())

    def _alias(self) -> str | None:
        word = self.peek()
        return self.name() if word.kind == "name" and word.upper != "FROM" else None

    def _group_by(self) -> tuple[Path, ...]:
        self.keyword("BY")
        paths = [self.path()]
        while self.sign(","):
            paths.append(self.path())
        return tuple(paths)

    def _order_by(self) -> tuple[Sort, ...]:
        self.keyword("BY")
        sorts = [self._sort()]
        while self.sign(","):
            sorts.append(self._sort())
        return tuple(sorts)

    def _sort(self) -> Sort:
        path = self.path()
        descending = self.skip("DESC")
        if not descending:
            self.skip("ASC")
        nulls_last = False
        if self.skip("NULLS"):
            nulls_last = self.skip("LAST")
            if not nulls_last:
                self.keyword("FIRST")
        return Sort(path, descending, nulls_last)

    def _whole_number(self) -> int:
        word: Word = self.take()
        if word.kind != "number" or not word.text.isdigit():
            raise self.unexpected(word)
        return int(word.text)
