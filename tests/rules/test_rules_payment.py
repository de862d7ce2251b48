"""A client buys with a way to pay that still works, through a gateway that is switched on."""

from collections.abc import Sequence
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actors.rules.payment import choose_gateway, ensure_open, gateway_of_methods, usable
from clients.errors import ErrorCode, NeedsHuman, Permanent, Verdict
from clients.whmcs.values import ClientDetails, PayMethod

TODAY = date(2026, 11, 24)
ACTIVE = ("stripe", "gocardless", "banktransfer", "mailin")


def client(default_gateway: str = "", status: str = "Active") -> ClientDetails:
    return ClientDetails(id=42, status=status, default_gateway=default_gateway, currency_code="EUR")


def card(gateway: str = "", expiry: str = "12/30", kind: str = "CreditCard") -> PayMethod:
    return PayMethod(id=1, type=kind, gateway_name=gateway, expiry=expiry)


def bank(gateway: str = "", kind: str = "BankAccount") -> PayMethod:
    return PayMethod(id=2, type=kind, gateway_name=gateway, expiry="")


def choose(
    *methods: PayMethod,
    own: str = "",
    default: str | None = None,
    active: Sequence[str] = ACTIVE,
    free: frozenset[str] = frozenset(),
) -> str:
    return choose_gateway(
        client(own), methods, today=TODAY, active_gateways=active, default=default, no_pay_method_needed=free
    )


@pytest.mark.parametrize("status", ["Closed", "closed", " CLOSED "])
def test_a_closed_client_is_refused(status: str) -> None:
    with pytest.raises(Permanent) as refused:
        ensure_open(client(status=status))
    assert refused.value.code is ErrorCode.CLIENT_CLOSED
    assert "client 42 is closed: reopen it" in refused.value.message


@pytest.mark.parametrize("status", ["Active", "Inactive"])
def test_any_other_client_may_buy(status: str) -> None:
    ensure_open(client(status=status))


@pytest.mark.parametrize(
    ("method", "good"),
    [
        (card(expiry="12/30"), True),
        (card(expiry="11/26"), True),  # good to the end of its month
        (card(expiry="10/26"), False),
        (card(expiry="12/25"), False),
        (card(expiry="01/27"), True),
        (card(expiry="1 / 27"), True),
        (card(expiry="11/2026"), True),
        (card(expiry="10/2026"), False),
        (card(expiry=""), False),  # stored in WHMCS itself: nobody else knows
        (card(expiry="13/30"), False),
        (card(expiry="00/00"), False),
        (card(expiry="never"), False),
        (card("stripe", expiry=""), True),
        (card("stripe", expiry="unknown"), True),
        (card("stripe", expiry="10/26"), False),
        (card(expiry="", kind="RemoteCreditCard"), True),
        (card("stripe", expiry="10/26", kind="RemoteCreditCard"), False),
        (card(" ", expiry=""), False),
        (bank(), True),
        (bank("gocardless", kind="RemoteBankAccount"), True),
        (card(expiry="10/20", kind="BankAccount"), True),
        (card(expiry="", kind=""), False),
    ],
)
def test_a_method_is_usable_when_it_can_still_be_charged(method: PayMethod, good: bool) -> None:  # noqa: FBT001 - a table's column
    assert usable(method, today=TODAY) is good


def test_the_last_day_of_the_month_is_still_good_and_the_next_is_not() -> None:
    assert usable(card(expiry="02/28"), today=date(2028, 2, 29))
    assert not usable(card(expiry="02/28"), today=date(2028, 3, 1))


def test_the_first_usable_method_with_an_active_gateway_names_it() -> None:
    methods = (card("stripe", expiry="10/26"), card("closedgateway"), bank("gocardless"), card("stripe"))
    assert choose(*methods, own="mailin", default="banktransfer") == "gocardless"


def test_a_gateway_is_recognised_whatever_its_case_and_given_as_whmcs_spells_it() -> None:
    assert choose(card(" Stripe "), active=("PayPal", "STRIPE")) == "STRIPE"


def test_a_method_tied_to_a_gateway_comes_before_one_stored_locally() -> None:
    assert choose(card(), card("stripe"), default="mailin") == "stripe"


def test_a_method_stored_locally_takes_the_setting_and_without_it_the_clients_own_gateway() -> None:
    assert choose(card(), own="stripe", default="mailin") == "mailin"
    assert choose(card(), own="stripe") == "stripe"
    assert choose(card(), own="stripe", default=" ") == "stripe"


def test_a_client_without_pay_method_is_told_so() -> None:
    with pytest.raises(Permanent) as refused:
        choose(own="banktransfer", default="stripe")
    assert refused.value.code is ErrorCode.PAYMENT_METHOD_MISSING
    assert "has no pay method: add a valid one" in refused.value.message


def test_a_client_with_expired_cards_only_is_told_so_with_their_number() -> None:
    with pytest.raises(Permanent) as refused:
        choose(card(expiry="10/26"), card("stripe", expiry="01/20"), default="stripe")
    assert refused.value.code is ErrorCode.PAYMENT_METHOD_MISSING
    assert "only pay methods that have expired or cannot be charged (2)" in refused.value.message


@pytest.mark.parametrize(
    ("own", "default", "gateway"),
    [
        ("banktransfer", "stripe", "banktransfer"),
        ("stripe", "banktransfer", "banktransfer"),
        ("mailin", "banktransfer", "mailin"),
        ("", "MailIn", "mailin"),
    ],
)
@pytest.mark.parametrize("methods", [(), (card(expiry="10/26"),)])
def test_an_offline_gateway_needs_no_pay_method(
    own: str, default: str, gateway: str, methods: tuple[PayMethod, ...]
) -> None:
    assert choose(*methods, own=own, default=default, free=frozenset({"banktransfer", "mailin"})) == gateway


def test_a_card_is_charged_before_an_offline_gateway_is_asked() -> None:
    assert choose(card("stripe"), own="banktransfer", free=frozenset({"banktransfer"})) == "stripe"


def test_a_blank_name_among_the_offline_gateways_frees_nobody() -> None:
    with pytest.raises(Permanent) as refused:
        choose(free=frozenset({""}), active=("", "stripe"))
    assert refused.value.code is ErrorCode.PAYMENT_METHOD_MISSING


@pytest.mark.parametrize(
    ("methods", "own", "default", "free", "found"),
    [
        ((card("authorize"),), "", None, frozenset(), '"authorize" is not active'),
        ((card("authorize"), bank("sepa")), "", None, frozenset(), '"authorize" or "sepa" is not active'),
        ((card(),), "", "paypal", frozenset(), '"paypal" is not active'),
        ((card(),), "paypal", None, frozenset(), '"paypal" is not active'),
        ((card(),), "", None, frozenset(), "no gateway is named"),
        ((), "cash", None, frozenset({"cash"}), '"cash" is not active'),
    ],
)
def test_a_client_who_could_pay_but_for_the_gateway_needs_an_operator(
    methods: tuple[PayMethod, ...], own: str, default: str | None, free: frozenset[str], found: str
) -> None:
    with pytest.raises(NeedsHuman) as refused:
        choose(*methods, own=own, default=default, free=free)
    assert refused.value.code is ErrorCode.PAYMENT_METHOD_MISSING
    assert found in refused.value.message


@pytest.mark.parametrize(("method", "helps"), [(card(), True), (card("authorize"), False)])
def test_the_setting_is_named_as_the_remedy_only_where_it_helps(method: PayMethod, helps: bool) -> None:  # noqa: FBT001 - a table's column
    with pytest.raises(NeedsHuman) as refused:
        choose(method, default="paypal")
    assert ("set WHMCS_PAYMENT_METHOD to an active one" in refused.value.message) is helps
    assert ("or add a pay method" in refused.value.message) is not helps


def test_many_long_gateway_names_fit_into_one_message_and_leave_the_remedy_whole() -> None:
    with pytest.raises(NeedsHuman) as refused:
        choose(*(card(f"gateway{number}" * 20) for number in range(9)))
    assert len(refused.value.message) <= 255
    assert refused.value.message.endswith("then request again.")


GATEWAYS = st.sampled_from(["", " ", "stripe", "Stripe", "mailin", "gone"]) | st.text(max_size=30)
METHODS = st.builds(
    PayMethod,
    id=st.integers(1, 9),
    type=st.sampled_from(["CreditCard", "RemoteCreditCard", "BankAccount", "RemoteBankAccount", ""]),
    gateway_name=GATEWAYS,
    expiry=st.sampled_from(["", "10/26", "11/26", "13/99"]) | st.text(max_size=8),
)


@settings(deadline=None)
@given(st.lists(METHODS, max_size=5), GATEWAYS, st.none() | GATEWAYS, st.frozensets(GATEWAYS, max_size=3))
def test_the_answer_is_an_active_gateway_or_a_verdict_that_fits(
    methods: list[PayMethod], own: str, default: str | None, free: frozenset[str]
) -> None:
    message = ""
    try:
        chosen = choose(*methods, own=own, default=default, free=free)
    except Verdict as verdict:
        chosen, message = verdict.code, verdict.message
    assert chosen in {*ACTIVE, ErrorCode.PAYMENT_METHOD_MISSING}
    assert len(message) <= 255


@pytest.mark.parametrize("default", [None, "mailin", "stripe", "off"])
@pytest.mark.parametrize("own", ["", "mailin", "banktransfer"])
@pytest.mark.parametrize(
    "methods",
    [
        (),
        (card("stripe"),),
        (card(),),
        (card("off"), card()),
        (card("stripe", expiry="10/20"), bank()),
        (bank("gocardless"), card("stripe")),
        (card(expiry="10/20"),),
    ],
)
def test_what_the_methods_alone_decide_is_what_would_be_chosen_anyway(
    methods: tuple[PayMethod, ...], own: str, default: str | None
) -> None:
    alone = gateway_of_methods(methods, today=TODAY, active_gateways=ACTIVE, default=default)
    if alone is not None:
        assert alone == choose(*methods, own=own, default=default, free=frozenset(ACTIVE))
