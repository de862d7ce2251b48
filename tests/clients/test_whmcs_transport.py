"""Real sockets that refuse, stall, lie and die: what was never sent is told apart from what may have happened."""

import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event, Lock, Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from clients.errors import ErrorCode, Misconfigured, OutcomeUnknown, Retryable
from clients.whmcs.api import Credentials, Timeouts
from clients.whmcs.client import Whmcs
from clients.whmcs.marker import Marker
from clients.whmcs.values import NewOrder, NewOrderLine

OK = b'{"result":"success","orderid":"76","serviceids":"66"}'
SECRET = "top-secret-value"
SHORT = Timeouts(connect_s=2, pool_s=0.05, read_s=0.1, add_order_s=0.1, accept_order_s=0.1, module_create_s=0.1)
Play = Callable[[socket.socket, int], None]


def http(body: bytes, *, headers: bytes = b"", length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n%sContent-Length: %d\r\n\r\n%s" % (
        headers,
        size,
        body,
    )


class RawServer:
    """Reads whole requests and lets a script do what it likes with the connection; counts both."""

    def __init__(self, play: Play) -> None:
        self._play = play
        self._lock = Lock()
        self._open: list[socket.socket] = []
        self.requests: list[bytes] = []
        self.connections = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self.listener.getsockname()[1]
        self._threads = [Thread(target=self._accept)]
        self._threads[0].start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self.listener.accept()
                self.connections += 1
                self._open.append(connection)
                self._threads.append(Thread(target=self._serve, args=(connection,)))
                self._threads[-1].start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            while request := _read_request(connection):
                with self._lock:
                    self.requests.append(request)
                    number = len(self.requests)
                self._play(connection, number)

    def close(self) -> None:
        for opened in (self.listener, *self._open):
            with suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)
            opened.close()
        for thread in self._threads:
            thread.join()


def _read_request(connection: socket.socket) -> bytes:
    data = b""
    while b"\r\n\r\n" not in data:
        if not (part := connection.recv(65536)):
            return b""
        data += part
    head, _, body = data.partition(b"\r\n\r\n")
    lengths = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    while len(body) < sum(lengths):
        body += connection.recv(65536)
    return head + b"\r\n\r\n" + body


@pytest.fixture
def serve() -> Iterator[Callable[[Play], RawServer]]:
    servers: list[RawServer] = []

    def start(play: Play) -> RawServer:
        servers.append(RawServer(play))
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def client(port: int, *, timeouts: Timeouts = SHORT, url: str = "") -> Whmcs:
    return Whmcs(
        api_url=url or f"http://127.0.0.1:{port}/includes/api.php",
        identifier="the-identifier",
        secret=SECRET,
        marker=Marker(),
        timeouts=timeouts,
    )


def read(whmcs: Whmcs) -> object:
    return whmcs.pay_methods(7)


def write(whmcs: Whmcs) -> object:
    line = NewOrderLine(pid=12, billing_cycle="monthly")
    return whmcs.add_order(NewOrder(7, "stripe", (line,), order_id18="8014x000000ABCDXYZ"))


def accept(whmcs: Whmcs) -> object:
    return whmcs.accept_order(76)


def create(whmcs: Whmcs) -> None:
    whmcs.module_create(66)


WRITES = (write, accept, create)


def verdict_of(call: Callable[[Whmcs], object], whmcs: Whmcs) -> Retryable:
    with pytest.raises(Retryable) as caught:
        call(whmcs)
    assert SECRET not in f"{caught.value} {caught.value.detail} {caught.value.__cause__!r}"
    return caught.value


def stay_silent(connection: socket.socket, _: int) -> None:
    connection.recv(1)


def hang_up(connection: socket.socket, _: int) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def reset(connection: socket.socket, _: int) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def says(answer: bytes, *, then_close: bool = True) -> Play:
    def play(connection: socket.socket, _: int) -> None:
        connection.sendall(answer)
        if then_close:
            connection.shutdown(socket.SHUT_RDWR)

    return play


AFTER_SENDING = {
    "no answer in time": stay_silent,
    "hung up": hang_up,
    "reset": reset,
    "half the body": says(http(OK, length=len(OK) + 10)),
    "half the head": says(b"HTTP/1.1 200 OK\r\nContent-"),
    "no HTTP": says(b"SSH-2.0-OpenSSH_9.9\r\n\r\n"),
    "not what its encoding says": says(http(OK, headers=b"Content-Encoding: gzip\r\n")),
    "stalls in the body": says(http(OK, length=len(OK) + 10), then_close=False),
}


@pytest.mark.parametrize("play", AFTER_SENDING.values(), ids=AFTER_SENDING)
def test_a_fault_after_sending_is_retried_for_a_read_and_unknown_for_a_write(
    play: Play, serve: Callable[[Play], RawServer]
) -> None:
    """Each call reaches the server once: the client itself never tries again."""
    server = serve(play)
    with client(server.port) as whmcs:
        assert type(verdict_of(read, whmcs)) is Retryable
        assert [type(verdict_of(call, whmcs)) for call in WRITES] == [OutcomeUnknown] * 3
    assert len(server.requests) == 4


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


@pytest.mark.parametrize("call", [read, *WRITES])
def test_a_refused_connection_changed_nothing(call: Callable[[Whmcs], object]) -> None:
    with client(free_port()) as whmcs:
        verdict = verdict_of(call, whmcs)
    assert (type(verdict), verdict.code) == (Retryable, ErrorCode.WHMCS_UNAVAILABLE)
    assert "ConnectError" in verdict.detail


@pytest.mark.parametrize("call", [read, *WRITES])
def test_a_connection_that_is_not_taken_in_time_changed_nothing(call: Callable[[Whmcs], object]) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener, socket.socket() as first:
        # The only place in the listener's queue is taken, so the next caller is left without an answer.
        first.connect(listener.getsockname())
        with client(listener.getsockname()[1], timeouts=Timeouts(connect_s=0.1)) as whmcs:
            verdict = verdict_of(call, whmcs)
    assert type(verdict) is Retryable
    assert "ConnectTimeout" in verdict.detail


def test_no_thread_waits_for_the_connection_of_another(serve: Callable[[Play], RawServer]) -> None:
    arrived, let_go = Event(), Event()

    def hold_the_first(connection: socket.socket, number: int) -> None:
        if number == 1:
            arrived.set()
            let_go.wait(5)
        connection.sendall(http(OK))

    server = serve(hold_the_first)
    with client(server.port, timeouts=Timeouts()) as whmcs, ThreadPoolExecutor() as pool:
        busy = pool.submit(write, whmcs)
        assert arrived.wait(5)
        write(whmcs)
        let_go.set()
        busy.result()
    assert (len(server.requests), server.connections) == (2, 2)


def test_an_address_that_is_no_http_is_never_sent_to() -> None:
    with client(0, url="ftp://127.0.0.1/includes/api.php") as whmcs:
        assert type(verdict_of(write, whmcs)) is Retryable


def test_connections_are_kept_and_used_again(serve: Callable[[Play], RawServer]) -> None:
    server = serve(says(http(OK), then_close=False))
    with client(server.port) as whmcs:
        for _ in range(5):
            write(whmcs)
    assert (len(server.requests), server.connections) == (5, 1)


def test_a_kept_connection_that_the_server_closed_is_not_written_to(serve: Callable[[Play], RawServer]) -> None:
    closed = Event()

    def answer_and_close(connection: socket.socket, number: int) -> None:
        says(http(OK))(connection, number)
        closed.set()

    server = serve(answer_and_close)
    with client(server.port) as whmcs:
        for number in range(1, 4):
            write(whmcs)
            assert closed.wait(5)
            closed.clear()
            assert (len(server.requests), server.connections) == (number, number)


def test_threads_share_the_client_and_each_gets_its_own_answer(serve: Callable[[Play], RawServer]) -> None:
    def echo(connection: socket.socket, number: int) -> None:
        client_id = server.requests[number - 1].rpartition(b"clientid=")[2]
        connection.sendall(http(b'{"result":"success","client":{"id":%s,"status":"Active"}}' % client_id))

    server = serve(echo)
    with client(server.port, timeouts=Timeouts()) as whmcs, ThreadPoolExecutor(8) as pool:
        ids = list(pool.map(lambda number: whmcs.client_details(number).id, range(1, 101)))
    assert ids == list(range(1, 101))
    assert server.connections <= 8


def test_loopback_is_reached_without_the_proxy_of_the_environment(
    serve: Callable[[Play], RawServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{free_port()}")
    with client(serve(says(http(OK))).port) as whmcs:
        write(whmcs)


def test_a_proxy_that_refuses_the_tunnel_changed_nothing(
    serve: Callable[[Play], RawServer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Hosts without a fixed address reach WHMCS's IP list through a proxy named in the environment."""
    proxy = serve(says(b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"))
    monkeypatch.setenv("HTTPS_PROXY", f"http://user:{SECRET}@127.0.0.1:{proxy.port}")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with client(0, url="https://billing.example.com/includes/api.php") as whmcs:
        verdict = verdict_of(write, whmcs)
    assert type(verdict) is Retryable
    assert proxy.requests[0].startswith(b"CONNECT billing.example.com:443 ")
    assert len(proxy.requests) == 1


def self_signed(folder: Path) -> Path:
    """Write a certificate and key that nobody trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    pem = folder / "self-signed.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return pem


@pytest.mark.parametrize("call", [read, *WRITES])
def test_a_certificate_that_is_not_trusted_is_a_configuration_fault(
    call: Callable[[Whmcs], object], tmp_path: Path
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(tmp_path))
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def shake_hands() -> None:
            with listener.accept()[0] as connection, suppress(OSError):
                context.wrap_socket(connection, server_side=True).close()

        thread = Thread(target=shake_hands)
        thread.start()
        url = f"https://127.0.0.1:{listener.getsockname()[1]}/includes/api.php"
        with client(0, url=url) as whmcs:
            verdict = verdict_of(call, whmcs)
        thread.join()
    assert type(verdict) is Misconfigured
    assert "certificate" in verdict.message


def test_actions_that_set_services_up_are_waited_for_longest() -> None:
    waits = {action: Timeouts().of(action).read for action in ("GetOrders", "AddOrder", "AcceptOrder", "ModuleCreate")}
    assert waits == {"GetOrders": 30, "AddOrder": 60, "AcceptOrder": 120, "ModuleCreate": 120}
    assert {Timeouts().of(action).connect for action in waits} == {5}


def test_credentials_do_not_show_themselves() -> None:
    shown = repr(Credentials("the-identifier", SECRET, "the-key"))
    assert shown == "Credentials()"
