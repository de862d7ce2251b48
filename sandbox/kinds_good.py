"""The orders that have to become Activated, one function for each kind; its name is the name of the kind."""

import json
from dataclasses import replace

from sandbox import goods
from sandbox.customers import Customer
from sandbox.kinds import Kinds
from sandbox.market import BANK_GATEWAY, CARD_GATEWAY, Market, under_way
from sandbox.samples import Ending, Item, PlacedSample
from sandbox.whmcs import ordering

GOOD = Kinds()

PLAIN = Item(goods.DATA)
_FEE = Item(goods.ACTIVATION_FEE, cycle=None, means="onetime", item_class="Activation")
# The short form of an id is its first 15 characters.
_SHORT_ID = 15


@GOOD.about("One service, every month.")
def _plain_monthly(name: str, market: Market) -> PlacedSample:
    return market.good(name, market.customers.regular(), [PLAIN])


@GOOD.about("Three lines, three cycles, spelled as WHMCS does.")
def _several_cycles(name: str, market: Market) -> PlacedSample:
    items = [PLAIN, Item(goods.VOICE, "Quarterly", "quarterly"), Item(goods.DATA, "Biennially", "biennially")]
    return market.good(name, market.customers.regular(), items)


@GOOD.about("Cycles spelled as administrators spell them.")
def _odd_spellings(name: str, market: Market) -> PlacedSample:
    items = [
        Item(goods.DATA, " Semi-Annually", "semiannually"),
        Item(goods.ROUTER, "One Time", "onetime"),
        Item(goods.VOICE, "ANNUAL", "annually"),
        Item(goods.VOICE, "triennially ", "triennially"),
    ]
    return market.good(name, market.customers.regular(), items)


@GOOD.about("A service whose product says no cycle and no class: monthly.")
def _no_cycle(name: str, market: Market) -> PlacedSample:
    return market.good(name, market.customers.regular(), [Item(goods.DATA, None, "monthly", None)])


@GOOD.about("A product that costs nothing: WHMCS makes no invoice.")
def _free_product(name: str, market: Market) -> PlacedSample:
    return market.good(name, market.customers.regular(), [Item(goods.STARTER, "Free", "free")])


@GOOD.about("A service and its activation, which is one-time even where its cycle says otherwise.")
def _activation_item(name: str, market: Market) -> PlacedSample:
    fee = replace(_FEE, cycle="Monthly")
    return market.good(name, market.customers.regular(), [PLAIN, fee])


@GOOD.about("Twelve lines, some of them alike: services have to be told apart by more than their product.")
def _many_lines(name: str, market: Market) -> PlacedSample:
    items = [replace(PLAIN), replace(PLAIN), Item(goods.VOICE), Item(goods.VOICE, "Annually", "annually"), _FEE, _FEE]
    return market.good(name, market.customers.regular(), items * 2)


@GOOD.about("Quantity 3 that becomes three services.")
def _quantity_several_services(name: str, market: Market) -> PlacedSample:
    items = [Item(goods.SIM_CARDS, quantity=3.0), PLAIN]
    return market.good(name, market.customers.regular(), items)


@GOOD.about("Quantity 2 that becomes one service.")
def _quantity_one_scaling_service(name: str, market: Market) -> PlacedSample:
    items = [Item(goods.SEATS, "Annually", "annually", quantity=2.0)]
    return market.good(name, market.customers.regular(), items)


@GOOD.about("Options by id: a choice, a number, a yes.")
def _config_options(name: str, market: Market) -> PlacedSample:
    options: dict[int, int | str] = {
        goods.DROPDOWN: goods.DROPDOWN_CHOICE,
        goods.QUANTITY_OPTION: 5,
        goods.YES_NO_OPTION: 1,
    }
    return market.good(name, market.customers.regular(), [_configured(options), PLAIN])


@GOOD.about("An option with a text of more bytes than characters.")
def _config_options_in_words(name: str, market: Market) -> PlacedSample:
    options: dict[int, int | str] = {goods.DROPDOWN: goods.DROPDOWN_CHOICE, goods.REGION: goods.REGION_NAME}
    return market.good(name, market.customers.regular(), [PLAIN, _configured(options)])


@GOOD.about("A customer and a product whose names need more than ASCII.")
def _names_beyond_ascii(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new(name=2)
    market.customers.give_card(customer)
    return market.good(name, customer, [Item(goods.ROUTER, "One-Time", "onetime"), PLAIN])


@GOOD.about("Two cards, and the first one has expired.")
def _expired_card_beside_a_good_one(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new()
    market.customers.give_card(customer, expired=True)
    market.customers.give_card(customer)
    return market.good(name, customer, [PLAIN])


@GOOD.about("A tokenised card: it can be charged through its own gateway only.")
def _card_kept_by_its_gateway(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new()
    market.customers.give_card(customer, gateway=CARD_GATEWAY)
    return market.good(name, customer, [PLAIN], gateway=CARD_GATEWAY)


@GOOD.about("A bank account that WHMCS itself keeps.")
def _bank_account(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new()
    market.customers.give(customer, "BankAccount", bank_name="Sparkasse Köln & Bonn")
    return market.good(name, customer, [PLAIN])


@GOOD.about("A mandate at a gateway for direct debits.")
def _bank_account_kept_by_its_gateway(name: str, market: Market) -> PlacedSample:
    customer = market.customers.new()
    market.customers.give(customer, "RemoteBankAccount", gateway=BANK_GATEWAY, bank_name="Sparkasse Köln & Bonn")
    return market.good(name, customer, [PLAIN], gateway=BANK_GATEWAY)


@GOOD.about("AcceptOrder says success, yet a service stays Pending until ModuleCreate.")
def _module_fails_once(name: str, market: Market) -> PlacedSample:
    return market.good(name, market.customers.regular(), [Item(goods.FLAKY), PLAIN])


@GOOD.about("AcceptOrder answers with the module's error, and the order is Active all the same.")
def _module_fails_once_loudly(name: str, market: Market) -> PlacedSample:
    return market.good(name, market.customers.regular(), [Item(goods.FLAKY_AND_LOUD)])


@GOOD.about("An event with a 15-character id.")
def _short_id_in_the_event(name: str, market: Market) -> PlacedSample:
    sample = market.good(name, market.customers.regular(), [PLAIN])
    return replace(sample, event_order_id=sample.order_id[:_SHORT_ID])


@GOOD.about("An order that a portal requests before anybody has activated it.")
def _draft_order(name: str, market: Market) -> PlacedSample:
    sample = market.good(name, market.customers.regular(), [PLAIN])
    market.org.update("Order", sample.order_id, {"Status": "Draft"})
    return sample


@GOOD.about(
    "An order that an earlier run placed before it died; WHMCS holds it among hundreds of others of its client."
)
def _already_in_whmcs(name: str, market: Market) -> PlacedSample:
    return _placed_before(name, market, market.customers.crowded())


@GOOD.about("An order that an earlier run placed and accepted before it died.")
def _already_accepted_in_whmcs(name: str, market: Market) -> PlacedSample:
    sample = _placed_before(name, market, market.customers.regular())
    ordering.accept(market.shop, sample.whmcs_order_id or 0, setup=True, mail=True)
    return sample


@GOOD.about("An order that is Activated: the run ends quietly, and nothing is written.")
def _already_activated(name: str, market: Market) -> PlacedSample:
    customer = market.customers.regular()
    sample = _placed_before(name, market, customer)
    order = market.shop.orders[sample.whmcs_order_id or 0]
    ordering.accept(market.shop, order.id, setup=True, mail=True)
    market.org.update("OrderItem", sample.lines[0].item_id, {"WHMCS_Service_ID__c": str(order.services[0].id)})
    done = under_way() | {"Activation_Status__c": "Activated", "WHMCS_Order_ID__c": str(order.id)}
    market.org.update("Order", sample.order_id, done)
    kept = market.org.get("Order", sample.order_id) or {}
    return replace(sample, ending=Ending.UNTOUCHED, on_publish={}, keeps={field: kept[field] for field in done})


def _placed_before(kind: str, market: Market, customer: Customer) -> PlacedSample:
    sample = market.good(kind, customer, [PLAIN])
    order = market.in_whmcs(customer, sample.order_id, [PLAIN])
    return replace(sample, whmcs_order_id=order.id, on_publish=under_way())


def _configured(options: dict[int, int | str]) -> Item:
    text = json.dumps({str(key): value for key, value in options.items()}, ensure_ascii=False)
    return Item(goods.CONFIGURABLE, options_json=text, options=options)
