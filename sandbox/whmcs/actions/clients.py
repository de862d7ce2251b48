"""GetClientsDetails and GetPayMethods.

Source: WHMCS fact sheet 2.5, 2.6.
"""

from sandbox.whmcs.params import Params
from sandbox.whmcs.records import Client, PayMethod
from sandbox.whmcs.refusals import Refusal
from sandbox.whmcs.shapes import Answer, escaped
from sandbox.whmcs.shop import Shop

_LOCAL_AND_REMOTE = {"BankAccount": ("BankAccount", "RemoteBankAccount"), "CreditCard": ("CreditCard",)}


def get_clients_details(shop: Shop, params: Params) -> Answer:
    """Return a client, with the deprecated copy of its fields beside it."""
    if not params.given("clientid") and not params.given("email"):
        raise Refusal("Either clientid Or email Is Required")
    client = _by_id_or_mail(shop, params)
    if client is None:
        raise Refusal("Client Not Found")
    fields = _fields(client)
    return fields | {"client": fields} | ({"stats": _stats(client)} if params.flag("stats") else {})


def get_pay_methods(shop: Shop, params: Params) -> Answer:
    """Return every stored pay method of a client, expired ones too."""
    if not params.given("clientid"):
        raise Refusal("Client ID Is Required")
    client = shop.clients.get(params.integer("clientid"))
    if client is None:
        raise Refusal("Client Not Found")
    rows: list[Answer] = [_pay_method(client, method) for method in client.pay_methods if _asked(method, params)]
    nothings: list[Answer] = [
        {"paymethods": []},
        {"paymethods": ""},
        {"paymethods": None},
        {"paymethods": {"paymethod": []}},
        {},
    ]
    return {"clientid": str(client.id)} | ({"paymethods": rows} if rows else shop.chance.choice(nothings))


def _by_id_or_mail(shop: Shop, params: Params) -> Client | None:
    if params.given("clientid"):
        return shop.clients.get(params.integer("clientid"))
    return next((client for client in shop.clients.values() if client.email == params.text("email")), None)


def _fields(client: Client) -> Answer:
    return {
        "userid": client.id,
        "id": str(client.id),
        "client_id": client.id,
        "owner_user_id": client.id + 500_000,
        "uuid": f"00000000-0000-4000-8000-{client.id:012d}",
        "firstname": escaped(client.first_name),
        "lastname": escaped(client.last_name),
        "fullname": escaped(f"{client.first_name} {client.last_name}"),
        "companyname": escaped(client.company),
        "email": client.email,
        "address1": "1 Example Street",
        "city": "Springfield",
        "postcode": "12345",
        "country": "DE",
        "phonenumber": "+49.30000000",
        "status": client.status,
        "currency": "1",
        "currency_code": client.currency,
        "defaultgateway": client.default_gateway,
        "credit": "0.00",
        "taxexempt": False,
        "latefeeoveride": 0,
        "language": "",
        "lastlogin": "No Login Logged",
        "customfields": [{"id": 1, "value": ""}],
        "customfields1": "",
        "users": {"user": [{"id": client.id + 500_000, "name": escaped(client.first_name), "is_owner": True}]},
    }


def _stats(client: Client) -> Answer:
    return {"numdueinvoices": "0", "dueinvoicesbalance": f"€0.00 {client.currency}", "incredit": False}


def _asked(method: PayMethod, params: Params) -> bool:
    if not params.given("type"):
        return not params.given("paymethodid") or method.id == params.integer("paymethodid")
    kinds = _LOCAL_AND_REMOTE.get(params.text("type"))
    if kinds is None:
        raise Refusal("Invalid Pay Method Type. Should be 'BankAccount' or 'CreditCard'")
    return method.type in kinds


def _pay_method(client: Client, method: PayMethod) -> Answer:
    row: Answer = {
        "id": method.id,
        "type": method.type,
        "description": escaped(method.description),
        "gateway_name": method.gateway,
        "contact_type": "Client",
        "contact_id": str(client.id),
        "last_updated": "14/02/2024 10:32",
    }
    if method.type.startswith("Remote"):
        row["remote_token"] = f"tok_{method.id}"
    return row | (_bank(method) if "Bank" in method.type else _card(method))


def _card(method: PayMethod) -> Answer:
    return {
        "card_last_four": method.last_four,
        "expiry_date": method.expiry,
        "start_date": "",
        "issue_number": "",
        "card_type": "Visa",
    }


def _bank(method: PayMethod) -> Answer:
    return {"bank_name": escaped(method.bank_name)}
