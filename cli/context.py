"""What commands need before they can work: settings, ids, and readable errors for what is out of reach."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import redis

from cli.output import Exit, fail
from clients.errors import Misconfigured, Retryable
from clients.salesforce.ids import to_18
from clients.salesforce.stream_errors import StreamError
from config.logging import configure
from config.settings import Settings, SettingsError, load


def load_settings(*, as_json: bool) -> Settings:
    """Return the settings, logs going to stderr; end the command with the whole list when something is wrong."""
    try:
        settings = load()
    except SettingsError as error:
        fail(str(error), code=Exit.USAGE, as_json=as_json)
    configure(settings, stream=sys.stderr)
    return settings


def order_id_18(text: str, *, as_json: bool) -> str:
    """Return the id with 18 characters; end the command when it is none."""
    try:
        return to_18(text.strip())
    except ValueError:
        fail(
            f"'{text}' is no Salesforce order id: give its 15 or 18 characters, as in the address of the order's page.",
            code=Exit.USAGE,
            as_json=as_json,
        )


@contextmanager
def reachable(*, as_json: bool) -> Iterator[None]:
    """End the command with one readable line when Redis, Salesforce or WHMCS is out of reach."""
    try:
        yield
    except redis.RedisError as error:
        reason = f"Redis does not answer ({type(error).__name__}); check REDIS_URL and that the server runs."
        fail(reason, code=Exit.UNREACHABLE, as_json=as_json)
    except Misconfigured as error:
        fail(error.message, code=Exit.UNREACHABLE, as_json=as_json)
    except Retryable as error:
        fail(f"{error.message} Try again later.", code=Exit.UNREACHABLE, as_json=as_json)
    except StreamError as error:
        reason = f"The Pub/Sub API refused: {error.error_code or error.status}. {error.details}"
        fail(reason, code=Exit.UNREACHABLE, as_json=as_json)
