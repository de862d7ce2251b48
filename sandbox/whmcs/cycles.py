"""Billing cycles: the names that AddOrder takes, and the words that answers use for them.

Source: WHMCS fact sheet 3.
"""

RECURRING = ("monthly", "quarterly", "semiannually", "annually", "biennially", "triennially")
ONE_TIME = "onetime"
FREE = "free"

_SPELLED = {
    "monthly": "Monthly",
    "quarterly": "Quarterly",
    "semiannually": "Semi-Annually",
    "annually": "Annually",
    "biennially": "Biennially",
    "triennially": "Triennially",
    ONE_TIME: "One Time",
    FREE: "Free Account",
}


def spelled(cycle: str) -> str:
    """Return a cycle as most answers spell it."""
    return _SPELLED[cycle]


def spelled_for_services(cycle: str) -> str:
    """Return a cycle as GetClientsProducts spells it: with a hyphen where GetOrders has a space."""
    return "One-Time" if cycle == ONE_TIME else _SPELLED[cycle]


def from_text(text: str) -> str | None:
    """Return the name of a cycle written in either way, None for anything else."""
    if text in _SPELLED:
        return text
    return next((name for name in _SPELLED if text in {spelled(name), spelled_for_services(name)}), None)


def setup_key(cycle: str) -> str:
    """Return the name under which a price list keeps the setup fee of a cycle."""
    return f"{cycle[0]}setupfee"
