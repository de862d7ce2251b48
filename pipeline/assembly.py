"""Put the parts of a process together from its settings: clients, ledger, broker."""

from dataclasses import dataclass
from datetime import timedelta

from actors.broker import FulfilmentBroker, make_broker
from actors.marker_check import MarkerCheck
from actors.toolbox import Clients
from actors.trouble_watch import TroubleWatch
from clients.clock import SystemClock
from clients.ledger.ledger import Ledger
from clients.redis_connection import connect_redis
from clients.salesforce.auth import SalesforceAuth
from clients.salesforce.orders import SalesforceOrders
from clients.whmcs.client import Whmcs
from clients.whmcs.marker import Marker
from config.names import Names
from config.settings import Settings


@dataclass(frozen=True, slots=True)
class Assembly:
    """What a process of the service is made of."""

    settings: Settings
    auth: SalesforceAuth
    clients: Clients
    broker: FulfilmentBroker


def make_ledger(settings: Settings) -> Ledger:
    """Return the ledger alone, for those who only read or start runs."""
    client = connect_redis(settings.redis_url_for_client, tls_insecure=settings.redis_tls_insecure)
    return Ledger(client, keep_finished=timedelta(days=settings.keep_finished_days))


def make_auth(settings: Settings) -> SalesforceAuth:
    """Return the Salesforce login of this process."""
    return SalesforceAuth(
        login_url=settings.sf_login_url,
        audience=settings.sf_jwt_audience,
        client_id=settings.sf_client_id,
        username=settings.sf_username,
        private_key_pem=settings.private_key_pem.get_secret_value(),
        timeout_s=settings.sf_timeout_s,
    )


def make_whmcs(settings: Settings) -> Whmcs:
    """Return the WHMCS client of this process."""
    access_key = settings.whmcs_access_key
    return Whmcs(
        api_url=settings.whmcs_api_url,
        identifier=settings.whmcs_api_identifier.get_secret_value(),
        secret=settings.whmcs_api_secret.get_secret_value(),
        access_key=access_key.get_secret_value() if access_key else None,
        marker=Marker.parse(settings.order_marker),
    )


def assemble(settings: Settings, *, threads: int = 8) -> Assembly:
    """Make everything that a worker process needs; nothing connects yet."""
    ledger = make_ledger(settings)
    auth = make_auth(settings)
    whmcs = make_whmcs(settings)
    clients = Clients(
        salesforce=SalesforceOrders(
            auth,
            names=Names(),
            api_version=settings.sf_api_version,
            max_connections=threads,
            read_timeout_s=settings.sf_timeout_s,
        ),
        whmcs=whmcs,
        ledger=ledger,
        settings=settings,
        clock=SystemClock(),
        troubles=TroubleWatch(ledger.troubles),
        marker=MarkerCheck(whmcs),
    )
    return Assembly(settings=settings, auth=auth, clients=clients, broker=make_broker(ledger))
