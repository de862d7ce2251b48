"""Load Lua scripts from beside a module, with the prelude that they share in front."""

from functools import cache
from importlib import resources

import redis
from redis.commands.core import Script


def register(client: redis.Redis, package: str, name: str) -> Script:
    """Return a script of a package, ready to be called on a client; it is sent to the server when first used."""
    return client.register_script(_read("clients.ledger", "prelude") + _read(package, name))


@cache
def _read(package: str, name: str) -> str:
    return resources.files(package).joinpath("scripts", f"{name}.lua").read_text("utf-8")
