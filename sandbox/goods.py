"""What the sandbox's WHMCS sells: one product for each way in which products differ."""

from decimal import Decimal

from sandbox.whmcs.records import ConfigOption, CustomField, ModuleFailure, OptionType, Product, Quantities
from sandbox.whmcs.shop import Shop

DATA = 185
ACTIVATION_FEE = 242
SIM_CARDS = 301
SEATS = 302
CONFIGURABLE = 310
FLAKY = 320
FLAKY_AND_LOUD = 321
BROKEN = 322
REFUSED = 330
STARTER = 340
ROUTER = 350
VOICE = 360
UNKNOWN = 999_999

# Every service product can carry the marker in a field of its own, whose id differs from product to product.
MARKER_FIELD = "Salesforce Order"
# The options of CONFIGURABLE: ids of the fields, and of a choice that is not the default.
DROPDOWN, DROPDOWN_CHOICE = 4, 12
QUANTITY_OPTION = 7
YES_NO_OPTION = 9
REGION, REGION_NAME = 15, "Straße 東京"


def stock(shop: Shop) -> None:
    """Put every product on the shelf."""
    for product in (*_plain(), *_with_quantities(), *_with_modules_that_fail(), _configurable()):
        product.custom_fields = (CustomField(product.pid * 10 + 1, MARKER_FIELD),)
        shop.add_product(product)


def _plain() -> list[Product]:
    return [
        Product(DATA, "Data 10 GB Europe", prices=_prices("9.90")),
        Product(VOICE, "Voice & Text", prices=_prices("4.50")),
        Product(ACTIVATION_FEE, "Activation fee", "onetime", {"monthly": Decimal("15.00")}, module=""),
        Product(ROUTER, 'Router "Home"', "onetime", {"monthly": Decimal("89.00")}),
        Product(STARTER, "Starter", "free"),
        Product(REFUSED, "Sold out", prices=_prices("7.00"), order_error="Sorry, this product is out of stock"),
    ]


def _with_quantities() -> list[Product]:
    return [
        Product(SIM_CARDS, "SIM card", prices=_prices("2.00"), quantities=Quantities.SEVERAL_SERVICES),
        Product(SEATS, "Seats", prices=_prices("3.00"), quantities=Quantities.ONE_SCALING_SERVICE),
    ]


def _with_modules_that_fail() -> list[Product]:
    return [
        Product(FLAKY, "eSIM", prices=_prices("5.00"), module_failures=1),
        Product(
            FLAKY_AND_LOUD,
            "eSIM Plus",
            prices=_prices("6.00"),
            module_failures=1,
            module_failure=ModuleFailure.SPOKEN,
        ),
        Product(
            BROKEN,
            "eSIM Legacy",
            prices=_prices("5.00"),
            module_failures=None,
            module_failure=ModuleFailure.SPOKEN,
            module_error="Profile server refused the request: no stock of profiles",
        ),
    ]


def _configurable() -> Product:
    options = (
        ConfigOption(DROPDOWN, "Speed", OptionType.DROPDOWN, {11: "50 Mbit/s", DROPDOWN_CHOICE: "250 Mbit/s"}),
        ConfigOption(QUANTITY_OPTION, "Extra GB", OptionType.QUANTITY, {31: "GB"}, min_qty=0, max_qty=50),
        ConfigOption(YES_NO_OPTION, "Static IP", OptionType.YES_NO, {41: "Static IP"}),
        ConfigOption(REGION, "Region", OptionType.RADIO, {51: "Europe", 52: REGION_NAME}),
    )
    return Product(CONFIGURABLE, "Business line", prices=_prices("49.00"), config_options=options)


def _prices(monthly: str) -> dict[str, Decimal]:
    months = {"monthly": 1, "quarterly": 3, "semiannually": 6, "annually": 12, "biennially": 24, "triennially": 36}
    return {cycle: Decimal(monthly) * count for cycle, count in months.items()}
