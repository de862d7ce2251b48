"""Configurable options: what WHMCS makes of the values that an order line asks for.

A value that does not fit is replaced by the first choice or the least quantity, and nobody is told: that is how a
customer got the minimum instead of what he bought.

Source: WHMCS fact sheet 2.7.
"""

from collections.abc import Mapping

from sandbox.whmcs.php import to_int, truthy
from sandbox.whmcs.records import ConfigOption, OptionType, Product


def chosen_options(product: Product, asked: Mapping[int | str, object]) -> dict[int, int]:
    """Return the choice, number or 0/1 of every option of a product; unknown option ids are ignored."""
    return {option.id: _chosen(option, asked.get(option.id)) for option in product.config_options}


def _chosen(option: ConfigOption, value: object) -> int:
    text = "" if value is None or isinstance(value, dict) else str(int(value) if isinstance(value, bool) else value)
    if option.type is OptionType.YES_NO:
        return int(truthy(text))
    if option.type is OptionType.QUANTITY:
        number = to_int(text)
        return number if option.min_qty <= number <= (option.max_qty or number) else option.min_qty
    return _choice(option, text)


def _choice(option: ConfigOption, text: str) -> int:
    """Return the choice with this id or, as some installations take it, this name; else the first."""
    if to_int(text) in option.choices:
        return to_int(text)
    return next((key for key, name in option.choices.items() if name == text), next(iter(option.choices)))
