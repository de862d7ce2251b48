"""Map items: turn every order item into a product line for WHMCS, or name all that is wrong with them at once.

Reads and writes nothing outside, so twice is harmless.
"""

from actors.rules import mapping
from actors.stage import stage
from actors.toolbox import Clients
from actors.values import MappedOrder, PayableOrder


@stage(queue="map-items")
def map_items(order: PayableOrder, use: Clients) -> MappedOrder:
    """Pass the order on with the lines that AddOrder will get."""
    lines = mapping.map_lines(order, override_prices=use.settings.price_override)
    return MappedOrder(**order.model_dump(exclude={"lines"}), lines=lines)
