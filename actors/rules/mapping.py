"""Mapping: every order item becomes one line of AddOrder, or the order ends with all that is wrong with it at once.

A seller who is told one error per try gives up at the third.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

from actors.rules import line_fields, texts
from actors.rules.line_fields import LineProblemError
from actors.values import OrderLine, ProductLine, ValidatedOrder
from clients.errors import ErrorCode, Permanent

# Which code stands for an order that has problems of several kinds.
PRECEDENCE = (
    ErrorCode.PRODUCT_NOT_MAPPED,
    ErrorCode.BILLING_CYCLE_UNKNOWN,
    ErrorCode.QUANTITY_INVALID,
    ErrorCode.CONFIG_OPTIONS_INVALID,
)
# Operators get the whole list, within reason: an order can have hundreds of items.
DETAIL_LIMIT = 4000

T = TypeVar("T")


def map_lines(order: ValidatedOrder, *, override_prices: bool) -> tuple[ProductLine, ...]:
    """Return the lines for AddOrder, in the order of the items.

    Raises: Permanent with the first code of PRECEDENCE that occurs, and a message that lists every problem.
    """
    findings = _Findings()
    lines = [findings.map(line, override_prices=override_prices) for line in order.lines]
    if findings.problems:
        raise _refusal(findings.problems)
    return tuple(line for line in lines if line is not None)


class _Findings:
    """The problems found so far."""

    def __init__(self) -> None:
        self.problems: list[LineProblemError] = []

    def map(self, line: OrderLine, *, override_prices: bool) -> ProductLine | None:
        """Read every field of an item, also after one was wrong; None when any was."""
        pid = self._read(line_fields.product_id, line)
        cycle = self._read(line_fields.cycle, line)
        quantity = self._read(line_fields.quantity, line)
        options = self._read(line_fields.options, line)
        price = self._read(line_fields.price, line) if override_prices else None
        if pid is None or cycle is None or quantity is None or options is None:
            return None
        return ProductLine(
            item_id=line.item_id,
            pid=pid,
            billing_cycle=cycle,
            quantity=quantity,
            config_options=options,
            price_override=price,
        )

    def _read(self, field: Callable[[OrderLine], T], line: OrderLine) -> T | None:
        try:
            return field(line)
        except LineProblemError as problem:
            self.problems.append(problem)
            return None


def _refusal(problems: Sequence[LineProblemError]) -> Permanent:
    ranked = sorted(problems, key=lambda problem: PRECEDENCE.index(problem.code))
    # The same product in two items has the same problem once.
    said = list(dict.fromkeys(str(problem) for problem in ranked))
    message = texts.fit_list("Correct and request again: ", said)
    return Permanent(ranked[0].code, message, detail=texts.fit_list("", said, DETAIL_LIMIT))
