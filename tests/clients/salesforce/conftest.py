"""A Salesforce that says exactly what a test scripts, over real sockets; what it was asked is kept."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import grpc
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from clients.salesforce.auth import SalesforceAuth, Token
from clients.salesforce.proto import pubsub_api_pb2 as pb
from clients.salesforce.pubsub import PubSubChannel

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


class ScriptedPubSub:
    """A Pub/Sub API whose calls are played by `stream` and `unary`; `received` and `raw` hold what came in."""

    def __init__(self, credentials: grpc.ServerCredentials | None = None) -> None:
        self.received: list[Any] = []
        self.raw: list[bytes] = []
        self.metadata: dict[str, str | bytes] = {}
        self.peers: set[str] = set()
        self.half_closed = threading.Event()
        self.stream: Callable[[grpc.ServicerContext], Iterator[Any]] = self.stay_open
        self.unary: Callable[[Any, grpc.ServicerContext], Any] | None = None
        self._arrived = threading.Condition()
        self._stopping = threading.Event()
        self._server = grpc.server(ThreadPoolExecutor(8))
        self._server.add_generic_rpc_handlers(
            (grpc.method_handlers_generic_handler("eventbus.v1.PubSub", self._rpcs()),)
        )
        address = "localhost:0"
        if credentials is None:
            port = self._server.add_insecure_port(address)
        else:
            port = self._server.add_secure_port(address, credentials)
        self.endpoint = f"localhost:{port}"
        self._server.start()

    def stay_open(self, context: grpc.ServicerContext) -> Iterator[Any]:
        """Say nothing until the call or the test is over."""
        while context.is_active() and not self._stopping.wait(0.01):
            yield from ()

    def wait_for_requests(self, count: int) -> None:
        with self._arrived:
            assert self._arrived.wait_for(lambda: len(self.received) >= count, timeout=5), self.received

    def fail(self, context: grpc.ServicerContext, status: grpc.StatusCode, code: str = "", details: str = "") -> None:
        """End a call as Salesforce does: a status, and trailers that say why."""
        trailers: list[tuple[str, str | bytes]] = [("rpc-id", "rpc-1"), ("type", "Subscribe"), ("binary-bin", b"\x00")]
        if code:
            trailers.append(("error-code", f"sfdc.platform.eventbus.grpc.{code}"))
        context.set_trailing_metadata(tuple(trailers))
        context.abort(status, details)

    def stop(self) -> None:
        self._stopping.set()
        self._server.stop(None).wait(5)

    def _rpcs(self) -> dict[str, grpc.RpcMethodHandler[Any, Any]]:
        streams = {"Subscribe": pb.FetchRequest, "ManagedSubscribe": pb.ManagedFetchRequest}
        unaries = {"GetSchema": pb.SchemaRequest, "GetTopic": pb.TopicRequest, "Publish": pb.PublishRequest}
        rpcs: dict[str, grpc.RpcMethodHandler[Any, Any]] = {}
        for name, request in streams.items():
            rpcs[name] = grpc.stream_stream_rpc_method_handler(self._play_stream, self._reader(request), _written)
        for name, request in unaries.items():
            rpcs[name] = grpc.unary_unary_rpc_method_handler(self._play_unary, self._reader(request), _written)
        return rpcs

    def _reader(self, message: Any) -> Callable[[bytes], Any]:
        def read(raw: bytes) -> Any:
            self.raw.append(raw)
            return message.FromString(raw)

        return read

    def _play_stream(self, requests: Iterator[Any], context: grpc.ServicerContext) -> Iterator[Any]:
        self._remember(context)
        threading.Thread(target=self._collect, args=(requests,)).start()
        yield from self.stream(context)

    def _collect(self, requests: Iterator[Any]) -> None:
        try:
            for request in requests:
                self._keep(request)
        except grpc.RpcError:
            return  # the call was cut, which is no half-close
        self.half_closed.set()

    def _play_unary(self, request: Any, context: grpc.ServicerContext) -> Any:
        self._remember(context)
        self._keep(request)
        assert self.unary is not None
        return self.unary(request, context)

    def _keep(self, request: Any) -> None:
        with self._arrived:
            self.received.append(request)
            self._arrived.notify_all()

    def _remember(self, context: grpc.ServicerContext) -> None:
        self.metadata = dict(context.invocation_metadata())
        self.peers.add(context.peer())


def _written(message: Any) -> bytes:
    return bytes(message.SerializeToString())


@pytest.fixture
def pubsub() -> Iterator[ScriptedPubSub]:
    scripted = ScriptedPubSub()
    yield scripted
    scripted.stop()


@pytest.fixture
def open_channel(pubsub: ScriptedPubSub) -> Iterator[Callable[..., PubSubChannel]]:
    """Open channels to the scripted Pub/Sub API, closed when the test is over."""
    opened: list[PubSubChannel] = []

    def open_one(**changes: Any) -> PubSubChannel:
        token = Token("token-1", "http://127.0.0.1:8080", ORG_ID)
        settings: dict[str, Any] = {"endpoint": pubsub.endpoint, "tls": False, "ca_file": None, "token": token}
        opened.append(PubSubChannel(**settings | changes))
        return opened[-1]

    yield open_one
    for channel in opened:
        channel.close()


@pytest.fixture
def channel(open_channel: Callable[..., PubSubChannel]) -> PubSubChannel:
    return open_channel()
