"""Reads words: single ones, and the conditions that they make up."""

from sandbox.salesforce.refusal import Refused
from sandbox.salesforce.soql.lexer import Word, malformed
from sandbox.salesforce.soql.nodes import All, Any, Compare, Condition, In, Literal, LiteralKind, Not, Path, Query

_OPERATORS = {"=": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_CONSTANTS = {"NULL": None, "TRUE": True, "FALSE": False}
_PERIODS = ("TODAY", "YESTERDAY", "TOMORROW")
_COUNTED_PERIODS = ("LAST_N_DAYS", "NEXT_N_DAYS", "N_DAYS_AGO")
_DEEPEST_PATH = 6  # five parents and the field


class WordReader:
    """The words of a query and how far they are read."""

    def __init__(self, shape: str, words: list[Word]) -> None:
        self._shape = shape
        self._words = words
        self._at = 0
        self._texts = 0

    def peek(self) -> Word:
        """Return the next word."""
        return self._words[self._at]

    def take(self) -> Word:
        """Return the next word and go on."""
        word = self._words[self._at]
        if word.kind != "end":
            self._at += 1
        return word

    def skip(self, keyword: str) -> bool:
        """Go on if the next word is this keyword."""
        found = self.peek().kind == "name" and self.peek().upper == keyword
        self._at += found
        return found

    def sign(self, sign: str) -> bool:
        """Go on if the next word is this sign."""
        found = self.peek().kind == "sign" and self.peek().text == sign
        self._at += found
        return found

    def keyword(self, keyword: str) -> None:
        """Go on past a keyword that has to be here."""
        if not self.skip(keyword):
            raise self.unexpected(self.peek())

    def close(self) -> None:
        """Go on past a closing parenthesis."""
        if not self.sign(")"):
            raise self.unexpected(self.peek())

    def expect_end(self) -> None:
        """Refuse whatever is left."""
        if self.peek().kind != "end":
            raise self.unexpected(self.peek())

    def name(self) -> str:
        """Return a name."""
        word = self.take()
        if word.kind != "name":
            raise self.unexpected(word)
        return word.text

    def path(self) -> Path:
        """Return a field with its parents."""
        parts = tuple(self.name().split("."))
        if len(parts) > _DEEPEST_PATH:
            raise malformed(self._shape, self.peek().at, "SOQL child-to-parent relationships go at most 5 levels up")
        return Path(parts)

    def unexpected(self, word: Word) -> Refused:
        """Return the refusal of a word."""
        return malformed(self._shape, word.at, f"unexpected token: '{word.text}'")

    def refusal(self, code: str, message: str) -> Refused:
        """Return another refusal."""
        return Refused(code, message)


class ConditionReader(WordReader):
    """Reads what stands behind WHERE."""

    def query(self) -> Query:
        """Return a query that stands in this place."""
        raise NotImplementedError

    def condition(self) -> Condition:
        """Return conditions joined by AND or by OR; a mix of both needs parentheses, as in SOQL."""
        first = self._term()
        for keyword, joined in (("AND", All), ("OR", Any)):
            if not self.skip(keyword):
                continue
            terms = [first, self._term()]
            while self.skip(keyword):
                terms.append(self._term())
            if self.peek().kind == "name" and self.peek().upper in {"AND", "OR"}:
                raise self.unexpected(self.peek())
            return joined(tuple(terms))
        return first

    def _term(self) -> Condition:
        if self.skip("NOT"):
            return Not(self._term())
        if self.sign("("):
            inner = self.condition()
            self.close()
            return inner
        return self._comparison()

    def _comparison(self) -> Condition:
        path, word = self.path(), self.take()
        if word.kind == "sign" and word.text in _OPERATORS:
            return Compare(path, _OPERATORS[word.text], self._literal())
        if word.upper == "LIKE":
            return Compare(path, "LIKE", self._literal())
        negated = word.upper == "NOT"
        if negated:
            word = self.take()
        if word.upper != "IN":
            raise self.unexpected(word)
        return self._in(path, negated=negated)

    def _in(self, path: Path, *, negated: bool) -> In:
        if not self.sign("("):
            raise self.unexpected(self.peek())
        if self.peek().upper == "SELECT":
            values: tuple[Literal, ...] | Query = self.query()
        else:
            literals = [self._literal()]
            while self.sign(","):
                literals.append(self._literal())
            values = tuple(literals)
        self.close()
        return In(path, values, negated)

    def _literal(self) -> Literal:
        word = self.take()
        if word.kind == "text":
            self._texts += 1
            return Literal(LiteralKind.TEXT, self._texts - 1)
        if word.kind == "number":
            return Literal(LiteralKind.NUMBER, float(word.text))
        if word.kind in {"date", "datetime"}:
            return Literal(LiteralKind(word.kind), word.text)
        if word.upper in _CONSTANTS:
            value = _CONSTANTS[word.upper]
            return Literal(LiteralKind.NULL if value is None else LiteralKind.BOOLEAN, value)
        if word.kind == "name":
            return self._period(word)
        raise self.unexpected(word)

    def _period(self, word: Word) -> Literal:
        if word.upper in _PERIODS:
            return Literal(LiteralKind.PERIOD, word.upper)
        if word.upper in _COUNTED_PERIODS and self.sign(":"):
            days = self.take()
            if days.kind == "number" and days.text.isdigit():
                return Literal(LiteralKind.PERIOD, f"{word.upper}:{days.text}")
        raise self.unexpected(word)
