"""Words for verdicts: printable, short enough for the field they are written to, and cut where it makes sense.

Values that sellers typed are quoted in verdicts so that they can be found; never option values or names of people.
"""

from collections.abc import Sequence

from clients.salesforce.formats import cut

# The length of Activation_Error_Message__c.
MESSAGE_LIMIT = 255
# A product name or a wrong value is recognised by its beginning; three problems should fit into one message.
QUOTE_LIMIT = 40


def letters(text: str) -> str:
    """Return only the letters of a text, in lower case: what is left when spelling habits are taken away."""
    return "".join(char for char in text.lower() if char.isalpha())


def printable(text: str) -> str:
    """Return a text on one line: line breaks, invisible and broken characters become single spaces."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def quoted(text: str, limit: int = QUOTE_LIMIT) -> str:
    """Return a text in quotation marks, as somebody will look for it."""
    return f'"{cut(printable(text), limit)}"'


def fit(text: str, limit: int = MESSAGE_LIMIT) -> str:
    """Return a text of at most `limit` characters."""
    return cut(text, limit)


def fit_list(lead: str, problems: Sequence[str], limit: int = MESSAGE_LIMIT) -> str:
    """Return `lead` and as many whole problems as fit, then how many more there are; only a first one is ever cut."""
    for kept in range(min(len(problems), limit), 0, -1):
        text = lead + "; ".join(problems[:kept]) + _more(len(problems) - kept)
        if cut(text, limit) == text:
            return text
    more = _more(len(problems) - 1)
    return cut(lead + problems[0], limit - len(more)) + more


def _more(count: int) -> str:
    return f" … and {count} more" if count else ""
