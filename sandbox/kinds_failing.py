"""The orders that have to end as Failed, one function for each way to fail; its name is the name of the kind."""

from dataclasses import replace

from sandbox import goods
from sandbox.kinds import Kinds
from sandbox.kinds_good import PLAIN
from sandbox.market import Market, requested, under_way
from sandbox.samples import Ending, Item, PlacedSample
from sandbox.whmcs import ordering

FAILING = Kinds()


@FAILING.about("An event with the id of an order that Salesforce does not have.")
def _order_missing(name: str, market: Market) -> PlacedSample:
    order_id = market.customers.foreign_order_id()
    return PlacedSample(name, order_id, order_id, Ending.FAILED, "ORDER_NOT_FOUND", exists=False)


@FAILING.about("An order that was cancelled in Salesforce.")
def _order_cancelled(name: str, market: Market) -> PlacedSample:
    customer = market.customers.regular()
    return market.failing(name, "ORDER_NOT_PROVISIONABLE", customer, [PLAIN], Status="Cancelled")


@FAILING.about("An order without items.")
def _order_empty(name: str, market: Market) -> PlacedSample:
    # Salesforce does not activate an order without items, so this one stays a draft.
    return market.failing(name, "ORDER_EMPTY", market.customers.regular(), [], Status="Draft")


@FAILING.about("An account without a WHMCS client id.")
def _account_not_mapped(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new(mapped=False)
    return market.failing(name, "ACCOUNT_NOT_MAPPED", customer, [PLAIN])


@FAILING.about("An account with the id of a client that WHMCS does not have.")
def _client_not_found(name: str, market: Market) -> PlacedSample:
    return market.failing(name, "CLIENT_NOT_FOUND", market.customers.stranger(), [PLAIN])


@FAILING.about("A client that was closed in WHMCS.")
def _client_closed(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new(status="Closed")
    market.customers.give_card(customer)
    return market.failing(name, "CLIENT_CLOSED", customer, [PLAIN])


@FAILING.about("A client without any way to pay.")
def _no_pay_method(name: str, market: Market) -> PlacedSample:
    return market.failing(name, "PAYMENT_METHOD_MISSING", market.customers.new(), [PLAIN])


@FAILING.about("A client whose only card has expired.")
def _only_an_expired_card(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new()
    market.customers.give_card(customer, expired=True)
    return market.failing(name, "PAYMENT_METHOD_MISSING", customer, [PLAIN])


@FAILING.about("A product without a WHMCS product id, beside a good one.")
def _product_not_mapped(name: str, market: Market) -> PlacedSample:
    return _refused_item(name, "PRODUCT_NOT_MAPPED", market, Item(None))


@FAILING.about("A product whose WHMCS product id is no number.")
def _product_mapped_to_a_name(name: str, market: Market) -> PlacedSample:
    return _refused_item(name, "PRODUCT_NOT_MAPPED", market, Item("Data 10 GB"))


@FAILING.about("A cycle that means twice a year to some and every two years to others.")
def _billing_cycle_ambiguous(name: str, market: Market) -> PlacedSample:
    return _refused_item(name, "BILLING_CYCLE_UNKNOWN", market, Item(goods.DATA, "Biannual"))


@FAILING.about("Config options that are no JSON.")
def _config_options_broken(name: str, market: Market) -> PlacedSample:
    item = Item(goods.CONFIGURABLE, options_json='{"4": 12,')
    return _refused_item(name, "CONFIG_OPTIONS_INVALID", market, item)


@FAILING.about("One and a half of something.")
def _quantity_with_a_fraction(name: str, market: Market) -> PlacedSample:
    return _refused_item(name, "QUANTITY_INVALID", market, Item(goods.SEATS, quantity=1.5))


@FAILING.about("A product that WHMCS will not sell: AddOrder answers with a clean error.")
def _refused_by_whmcs(name: str, market: Market) -> PlacedSample:
    return _refused_item(name, "WHMCS_REJECTED", market, Item(goods.REFUSED))


@FAILING.about("An order whose WHMCS order, written on it, was cancelled there.")
def _known_whmcs_order_cancelled(name: str, market: Market) -> PlacedSample:
    sample, whmcs_order_id = _cancelled_in_whmcs(name, market)
    market.org.update("Order", sample.order_id, {"WHMCS_Order_ID__c": str(whmcs_order_id)})
    return replace(sample, on_publish=under_way() | requested())


@FAILING.about("An order whose WHMCS order, found only by its marker, was cancelled there.")
def _marked_whmcs_order_cancelled(name: str, market: Market) -> PlacedSample:
    sample, _ = _cancelled_in_whmcs(name, market)
    return replace(sample, on_publish=under_way())


@FAILING.about("A service that does not come up, however often it is tried: accepted, and not whole.")
def _module_keeps_failing(name: str, market: Market) -> PlacedSample:
    customer = market.customers.regular()
    sample = market.failing(name, "ACTIVATION_INCOMPLETE", customer, [PLAIN, Item(goods.BROKEN)])
    return replace(sample, live_orders=1)


def _refused_item(kind: str, code: str, market: Market, item: Item) -> PlacedSample:
    """Make an order with one item that is wrong behind one that is not: WHMCS must get neither."""
    return market.failing(kind, code, market.customers.regular(), [PLAIN, item])


def _cancelled_in_whmcs(kind: str, market: Market) -> tuple[PlacedSample, int]:
    customer = market.customers.regular()
    sample = market.failing(kind, "WHMCS_ORDER_CANCELLED", customer, [PLAIN])
    order = market.in_whmcs(customer, sample.order_id, [PLAIN])
    ordering.cancel(market.shop, order.id)
    return replace(sample, whmcs_order_id=order.id), order.id
