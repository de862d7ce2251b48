"""Who is let in, and with which words the others are turned away."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from sandbox.whmcs.shop import Shop
    from tests.sandbox.whmcs.conftest import Wire

_BODY = "action=WhmcsDetails&responsetype=json"


def test_identifier_and_secret_let_in(wire: Wire) -> None:
    assert wire.call("WhmcsDetails")["whmcs"] == {"version": "8.13.1", "canonicalversion": "8.13.1-release.1"}


def test_the_same_pair_is_taken_under_its_old_names(wire: Wire, shop: Shop) -> None:
    response = wire.raw(f"{_BODY}&username={shop.identifier}&password={shop.secret}")
    assert response.json()["result"] == "success"


def test_an_address_that_is_not_listed_is_named(wire: Wire, shop: Shop) -> None:
    shop.allowed_ips = frozenset({"192.0.2.1"})
    response = wire.post("WhmcsDetails")
    assert response.status_code == 403
    assert response.json() == {"result": "error", "message": "Invalid IP 127.0.0.1"}


def test_the_access_key_skips_the_list_of_addresses(wire: Wire, shop: Shop) -> None:
    shop.allowed_ips, shop.access_key = frozenset({"192.0.2.1"}), "k3y"
    assert wire.post("WhmcsDetails", accesskey="wrong").status_code == 403
    assert wire.post("WhmcsDetails", accesskey="k3y").status_code == 200


@pytest.mark.parametrize(
    ("credentials", "message"),
    [("identifier=x&secret=y", "Authentication Failed"), ("", "Invalid or missing credentials")],
)
def test_wrong_credentials_are_refused(wire: Wire, credentials: str, message: str) -> None:
    response = wire.raw(f"{_BODY}&{credentials}")
    assert response.status_code == 403
    assert response.json() == {"result": "error", "message": message}


def test_an_action_outside_the_role_is_refused_in_lower_case(wire: Wire, shop: Shop) -> None:
    shop.allowed_actions = frozenset({"GetOrders"})
    response = wire.post("AddOrder")
    assert response.status_code == 403
    assert response.json()["message"] == 'Invalid Permissions: API action "addorder" is not allowed'
    assert wire.post("GetOrders").status_code == 200


def test_a_body_that_is_no_form_has_no_action(wire: Wire) -> None:
    response = wire.raw('{"action": "WhmcsDetails"}', content_type="application/json")
    assert response.status_code == 400
    assert "Empty action request" in response.text


def test_an_unknown_action_is_no_function(wire: Wire) -> None:
    assert wire.call("GetMoon") == {"result": "error", "message": "API Function Not Found"}
    assert wire.calls.counts() == {"whmcs.Unknown": 1}


@pytest.mark.parametrize("name", ["whmcsdetails", "WHMCSDETAILS", "WhmcsDetails"])
def test_actions_are_known_in_any_case(wire: Wire, name: str) -> None:
    assert wire.call(name)["result"] == "success"
    assert wire.calls.counts() == {"whmcs.WhmcsDetails": 1}


def test_without_a_response_type_the_answer_is_nvp(wire: Wire, shop: Shop) -> None:
    response = wire.raw(f"action=WhmcsDetails&identifier={shop.identifier}&secret={shop.secret}")
    assert response.text == "result=success;whmcs[version]=8.13.1;whmcs[canonicalversion]=8.13.1-release.1;"
    assert not response.headers["Content-Type"].startswith("application/json")


def test_xml_is_spoken_when_asked_for(wire: Wire, shop: Shop) -> None:
    body = f"action=WhmcsDetails&responsetype=xml&identifier={shop.identifier}&secret={shop.secret}"
    assert "<whmcs><version>8.13.1</version>" in wire.raw(body).text


def test_unknown_parameters_are_ignored(wire: Wire) -> None:
    assert wire.call("WhmcsDetails", nonsense="1")["result"] == "success"
