"""Where the server listens: several places at once, Unix sockets, sockets from systemd; and the settings."""

import asyncio
import os
import socket
import stat
from pathlib import Path

import pytest

from gateway.config import Settings
from gateway.config.values import Listen
from gateway.smtp import server as server_module
from gateway.smtp.handler import Handler
from gateway.smtp.limits import Limits
from gateway.smtp.options import Options, options_from
from gateway.smtp.server import ListenError, Server, inherited_sockets
from gateway.smtp.tls import TlsError
from tests.smtp.house import HOSTNAME, SITE, TLS, ListIntake, lookup


def make_server() -> Server:
    """A server that is not started."""
    return Server(Options(HOSTNAME), Handler(lambda: SITE, lookup, ListIntake(), Limits()))


async def greeting(sock: socket.socket) -> str:
    """What a new client hears."""
    reader, writer = await asyncio.open_connection(sock=sock)
    line = await reader.readline()
    writer.close()
    await writer.wait_closed()
    return line.decode().strip()


def connected(path: Path) -> socket.socket:
    """A client of a Unix socket."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    return sock


async def test_several_places_at_once(tmp_path: Path) -> None:
    server = make_server()
    path = tmp_path / "lmtp.sock"
    await server.start([Listen("127.0.0.1", 0), Listen("::1", 0), Listen(path=str(path), kind="lmtp")])
    four, six, unix = server.addresses
    assert four.startswith("127.0.0.1:")
    assert six.startswith("[::1]:")
    assert unix == f"unix:{path}"
    assert (await greeting(socket.create_connection(("127.0.0.1", int(four.rpartition(":")[2]))))).endswith(
        "ESMTP ready"
    )
    assert (await greeting(socket.create_connection(("::1", int(six.rpartition(":")[2]))))).endswith(
        "ESMTP ready"
    )
    assert (await greeting(connected(path))).endswith("LMTP ready")
    assert stat.S_IMODE(path.stat().st_mode) == 0o660
    await server.drain(5)
    assert not path.exists()


async def test_socket_left_behind_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    server = make_server()
    await server.start([Listen(path=str(path))])
    assert (await greeting(connected(path))).endswith("ESMTP ready")
    await server.drain(5)


async def test_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    first, second = make_server(), make_server()
    await first.start([Listen(path=str(path))])
    with pytest.raises(ListenError, match="another process listens there"):
        await second.start([Listen(path=str(path))])
    assert (await greeting(connected(path))).endswith("ESMTP ready")
    await first.drain(5)


async def test_file_in_the_way_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("keep me")
    with pytest.raises(ListenError, match="precious"):
        await make_server().start([Listen(path=str(path))])
    assert path.read_text() == "keep me"


async def test_port_in_use_says_so_and_nothing_listens(tmp_path: Path) -> None:
    path = tmp_path / "s.sock"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        server = make_server()
        with pytest.raises(ListenError, match=rf"cannot listen on 127\.0\.0\.1:{port}: .*in use"):
            await server.start([Listen(path=str(path)), Listen("127.0.0.1", port)])
    assert not path.exists()
    assert server.addresses == []


async def test_sockets_from_systemd(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "activated.sock"
    with socket.socket(socket.AF_UNIX) as unit:
        unit.bind(str(path))
        unit.listen()
        monkeypatch.setattr(server_module, "FIRST_INHERITED", unit.detach())
    environ = {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1", "LISTEN_FDNAMES": "lmtp", "HOME": "/"}
    server = make_server()
    await server.start([], inherited_sockets(environ))
    assert environ == {"HOME": "/"}
    assert server.addresses == [f"unix:{path}"]
    assert (await greeting(connected(path))).endswith("LMTP ready")
    await server.drain(5)
    assert path.exists()  # it is systemd's


@pytest.mark.parametrize(
    "environ",
    [{}, {"LISTEN_PID": "1", "LISTEN_FDS": "1"}, {"LISTEN_FDS": "1"}, {"LISTEN_PID": str(os.getpid())}],
)
def test_sockets_of_another_process_are_not_ours(environ: dict[str, str]) -> None:
    assert inherited_sockets(environ) == []
    assert not environ


async def test_inherited_socket_where_people_log_in_needs_a_certificate(tmp_path: Path) -> None:
    unit = socket.socket(socket.AF_UNIX)
    unit.bind(str(tmp_path / "activated.sock"))
    with pytest.raises(ListenError, match=r"submissions-tls: .*there is no smtp\.tls_certificate"):
        await make_server().start([], [("submissions-tls", unit)])


async def test_drain_without_sessions_ends_at_once() -> None:
    server = make_server()
    await server.start([Listen("127.0.0.1", 0)])
    await server.drain(0)


def test_options_are_what_was_configured() -> None:
    settings = Settings.model_validate(
        {
            "hostname": "touchpoints.vendor.example",
            "smtp": {
                "tls_certificate": TLS / "certificate.pem",
                "tls_key": TLS / "key.pem",
                "size_limit": "200MiB",
                "recipients_limit": 7,
                "bare_newlines": "normalize",
                "proxy_trusted": ["192.0.2.0/24"],
                "limits": {"connections": 9, "connections_per_address": 3, "errors": 2},
            },
        }
    )
    options = options_from(settings)
    assert options.hostname == "touchpoints.vendor.example"
    assert options.tls is not None
    assert options.normalize_newlines
    assert [str(network) for network in options.trusted_proxies] == ["192.0.2.0/24"]
    limits = options.limits
    assert (limits.message_bytes, limits.recipients, limits.connections) == (200 << 20, 7, 9)
    assert (limits.connections_per_address, limits.errors) == (3, 2)
    assert limits.total_message_bytes == 256 << 20


def test_configured_defaults_are_the_defaults() -> None:
    assert options_from(Settings(hostname="x.example")).limits == Limits()


def test_unusable_certificate_stops_the_start(tmp_path: Path) -> None:
    files = {"tls_certificate": tmp_path / "none.pem", "tls_key": TLS / "key.pem"}
    with pytest.raises(TlsError, match=r"none\.pem"):
        options_from(Settings.model_validate({"smtp": files}))
