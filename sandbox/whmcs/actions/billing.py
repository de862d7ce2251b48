"""GetInvoice and WhmcsDetails.

Source: WHMCS fact sheet 2.8.
"""

from sandbox.whmcs.params import Params
from sandbox.whmcs.records import Invoice
from sandbox.whmcs.refusals import Refusal
from sandbox.whmcs.shapes import Answer, day, escaped, money
from sandbox.whmcs.shop import Shop


def get_invoice(shop: Shop, params: Params) -> Answer:
    """Return an invoice with its items; no transactions are an empty text."""
    invoice = shop.invoices.get(params.integer("invoiceid"))
    if invoice is None:
        raise Refusal("Invoice ID Not Found")
    return {
        "invoiceid": str(invoice.id),
        "invoicenum": "",
        "userid": invoice.client_id,
        "date": day(invoice.created_at),
        "duedate": day(invoice.created_at),
        "datepaid": "0000-00-00 00:00:00",
        "subtotal": money(invoice.total),
        "credit": "0.00",
        "tax": "0.00",
        "tax2": "0.00",
        "total": money(invoice.total),
        "balance": money(invoice.total),
        "status": invoice.status,
        "paymentmethod": invoice.gateway,
        "notes": "",
        "ccgateway": invoice.gateway == "stripe",
        "items": {"item": _items(invoice)},
        "transactions": "",
    }


def whmcs_details(shop: Shop, params: Params) -> Answer:  # noqa: ARG001 - every action has this signature
    """Return the version."""
    return {"whmcs": {"version": shop.version.split("-")[0], "canonicalversion": shop.version}}


def _items(invoice: Invoice) -> list[Answer]:
    return [
        {
            "id": str(invoice.id * 10 + index),
            "type": "Hosting",
            "relid": str(service_id),
            "description": escaped(text),
            "amount": money(amount),
            "taxed": 0,
        }
        for index, (service_id, text, amount) in enumerate(invoice.lines)
    ]
