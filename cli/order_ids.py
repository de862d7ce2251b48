"""Order ids as people type them: 15 or 18 characters, perhaps with a blank around them, perhaps mistyped."""

from collections.abc import Sequence

from cli.output import Exit, fail, printable
from clients.salesforce.ids import to_18
from config.names import Names

# Salesforce's own prefix of every id of its object Order, the same in every org; objects of one's own have others.
_ORDER_PREFIX = "801"
_LONG = 18


def order_id_18(text: str, *, as_json: bool) -> str:
    """Return the id with 18 characters; end the command when it is none."""
    return order_ids_18([text], as_json=as_json)[0]


def order_ids_18(texts: Sequence[str], *, as_json: bool) -> list[str]:
    """Return the ids with 18 characters, each once; end the command, naming all that are none."""
    problems = [problem for text in texts if (problem := _problem(text.strip()))]
    if problems and len(texts) > 1:
        problems.append("Nothing was done.")
    if problems:
        fail("\n".join(problems), code=Exit.USAGE, as_json=as_json)
    return list(dict.fromkeys(to_18(text.strip()) for text in texts))


def _problem(text: str) -> str | None:
    try:
        order_id = to_18(text)
    except ValueError:
        return f"'{printable(text)}' is no Salesforce order id: {_reason(text)}."
    if Names().order.object == "Order" and not order_id.startswith(_ORDER_PREFIX):
        return f"'{text}' is the id of something else: ids of orders begin with {_ORDER_PREFIX}."
    return None


def _reason(text: str) -> str:
    if len(text) == _LONG and text.isascii() and text.isalnum():
        return "its last three characters do not fit the others, so one of the 18 is mistyped"
    return "give its 15 or 18 letters and digits, as in the address of the order's page"
