"""A Salesforce that says exactly what a test scripts, over a real socket; what it was asked is kept."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from clients.salesforce.auth import SalesforceAuth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

ORG_ID = "00D58000000arpqEAA"
TOKEN_PATH = "/services/oauth2/token"


@dataclass(frozen=True)
class Asked:
    """A request as it arrived."""

    method: str
    path: str
    params: dict[str, str]
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class Reply:
    """An answer to give; a body that is no text is sent as JSON."""

    status: int = 200
    body: object = None
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0

    def content(self) -> bytes:
        if isinstance(self.body, str):
            return self.body.encode()
        return b"" if self.body is None else json.dumps(self.body).encode()


class _Server(ThreadingHTTPServer):
    request_queue_size = 64  # a crowd of threads may knock at once


class ScriptedSalesforce:
    """Replies by path, in order, the last one again and again; logins get token-1, token-2, ... unless scripted."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self.expired: set[str] = set()
        self._replies: defaultdict[str, deque[Reply]] = defaultdict(deque)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._logins = 0
        self._server = _Server(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def script(self, path: str, *replies: Mapping[str, Any]) -> None:
        """Answer a path with these from now on; each is given as the parts of a `Reply`."""
        self._replies[path] = deque(Reply(**reply) for reply in replies)

    def count(self, path: str) -> int:
        return sum(1 for asked in self.asked if asked.path == path)

    def of(self, path: str) -> list[Asked]:
        return [asked for asked in self.asked if asked.path == path]

    def token_reply(self, **changes: object) -> dict[str, Any]:
        self._logins += 1
        identity = f"https://login.salesforce.com/id/{ORG_ID}/0055J000001D89MQAS"
        body = {"access_token": f"token-{self._logins}", "instance_url": self.url, "id": identity}
        return {"body": body | changes}

    def stop(self) -> None:
        self._stopping.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def _reply_to(self, asked: Asked) -> Reply:
        with self._lock:
            self.asked.append(asked)
            if asked.headers.get("Authorization", "").removeprefix("Bearer ") in self.expired:
                return Reply(status=401, body=[{"errorCode": "INVALID_SESSION_ID", "message": "Session expired"}])
            replies = self._replies[asked.path]
            if replies:
                return replies.popleft() if len(replies) > 1 else replies[0]
            if asked.path == TOKEN_PATH:
                return Reply(**self.token_reply())
            return Reply(status=404, body="nothing is scripted")

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        scripted = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self) -> None:
                parts = urlsplit(self.path)
                params = {name: values[0] for name, values in parse_qs(parts.query).items()}
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                reply = scripted._reply_to(Asked(self.command, parts.path, params, dict(self.headers), body))
                if reply.delay_s:
                    scripted._stopping.wait(reply.delay_s)
                self._send(reply)

            def _send(self, reply: Reply) -> None:
                try:
                    self.send_response(reply.status)
                    for name, value in {"Content-Type": reply.content_type, **reply.headers}.items():
                        self.send_header(name, value)
                    self.end_headers()
                    self.wfile.write(reply.content())
                except ConnectionError:
                    return  # the client gave up waiting, which is what the test wanted

            do_GET = do_POST = do_PATCH = _answer  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Say nothing: what was asked is kept in `asked`."""

        return Handler


@pytest.fixture
def salesforce() -> Iterator[ScriptedSalesforce]:
    scripted = ScriptedSalesforce()
    yield scripted
    scripted.stop()


def make_pem() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, shape = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    return key.private_bytes(encoding, shape, serialization.NoEncryption()).decode()


@pytest.fixture(scope="session")
def pem() -> str:
    return make_pem()


@pytest.fixture
def make_auth(salesforce: ScriptedSalesforce, pem: str) -> Iterator[Callable[..., SalesforceAuth]]:
    """Make logins to the scripted Salesforce, closed when the test is over."""
    made: list[SalesforceAuth] = []

    def make(**changes: Any) -> SalesforceAuth:
        settings: dict[str, Any] = {
            "login_url": salesforce.url,
            "audience": "https://login.salesforce.com",
            "client_id": "consumer-key",
            "username": "integration@example.com",
            "private_key_pem": pem,
        }
        made.append(SalesforceAuth(**settings | changes))
        return made[-1]

    yield make
    for auth in made:
        auth.close()


@pytest.fixture
def auth(make_auth: Callable[..., SalesforceAuth]) -> SalesforceAuth:
    return make_auth()
