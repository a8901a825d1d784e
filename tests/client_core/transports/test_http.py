"""One request, and what every kind of answer and silence means."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest
from loopback import LoopbackNode

from client_core.game.joining import JoinRequest
from client_core.transports.errors import TransportError
from client_core.transports.http import HttpTransport
from client_core.transports.joining import fetch_package, game_address, join


@pytest.fixture
def node() -> Iterator[LoopbackNode]:
    made = LoopbackNode()
    yield made
    made.close()


def failure(node_url: str, **options: object) -> TransportError:
    transport = HttpTransport(node_url, **options)
    with pytest.raises(TransportError) as told:
        transport.exchange(b"hello" * 1000)
    return told.value


@pytest.mark.parametrize(
    ("mode", "code"),
    [
        ("html", "not_wayfold"),
        ("json", "not_wayfold"),
        ("redirect", "not_wayfold"),
        ("garbage", "not_wayfold"),
        ("slow", "upstream_slow"),
        ("busy", "busy"),
        ("problem", "game_unknown"),
        ("deep_problem", "not_wayfold"),
        ("unreadable_problem", "not_wayfold"),
        ("gateway", "upstream_down"),
        ("huge", "answer_too_big"),
    ],
)
def test_every_kind_of_wrong_answer_has_its_code(node: LoopbackNode, mode: str, code: str) -> None:
    node.mode = mode
    assert failure(node.sync_url, timeout_s=0.3).code == code


def test_busy_says_when_to_come_back(node: LoopbackNode) -> None:
    node.mode = "busy"
    assert failure(node.sync_url).retry_after_ms == 7_000


def test_nobody_listening_is_upstream_down() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert failure(f"http://127.0.0.1:{port}/sync/v1/a/b").code == "upstream_down"


@pytest.mark.parametrize("url", ["", "ftp://host/a/b", "http://", "http://host:port/a/b", "park"])
def test_an_address_that_is_none_is_told_before_anything_is_tried(url: str) -> None:
    with pytest.raises(TransportError) as told:
        HttpTransport(url)
    assert told.value.code == "address_malformed"


@pytest.mark.parametrize(
    "url",
    [
        "http://h/acme/park",
        "http://h/acme/park/",
        "http://h/api/v1/acme/games/park",
        "http://h/api/v1/acme/games/park/join",
        "http://h/sync/v1/acme/park",
    ],
)
def test_every_address_of_a_game_means_the_game(url: str) -> None:
    address = game_address(url)
    assert address.api == "http://h/api/v1/acme/games/park"
    assert address.sync == "http://h/sync/v1/acme/park"


def test_joining_gives_absolute_upstreams_in_their_order(node: LoopbackNode) -> None:
    node.upstreams = ("/sync/v1/acme/park", "https://hq.example/sync/v1/acme/park")
    answer = join(game_address(node.url), JoinRequest(code="RED", public_key=b"\1" * 32))
    assert answer.upstreams == (node.sync_url, "https://hq.example/sync/v1/acme/park")
    assert fetch_package(game_address(node.url), answer.package_hash)


@pytest.mark.parametrize("mode", ["deep_json", "unreadable_json", "deep_problem", "unreadable_problem"])
def test_an_answer_to_joining_that_does_not_decode_is_told_as_such(node: LoopbackNode, mode: str) -> None:
    node.mode = mode
    with pytest.raises(TransportError) as told:
        join(game_address(node.url), JoinRequest(code="RED", public_key=b"\1" * 32))
    assert told.value.code == "not_wayfold"


def test_a_package_that_is_not_the_one_published_is_refused(node: LoopbackNode) -> None:
    with pytest.raises(TransportError) as told:
        fetch_package(game_address(node.url), b"\0" * 32)
    assert told.value.code == "not_wayfold"


class ShortGate:
    """A link that goes down a moment after the first bytes, as the wall's clock says."""

    def __init__(self, open_s: float, piece_s: float) -> None:
        self.closes_at, self.piece_s = time.monotonic() + open_s, piece_s

    def closes_in_s(self) -> float:
        return max(0.0, self.closes_at - time.monotonic())

    def carry(self, size: int) -> None:
        time.sleep(min(self.piece_s, self.closes_in_s()))


def test_a_closed_link_is_told_and_nothing_is_tried() -> None:
    assert failure("http://127.0.0.1:9/a/b", gate=ShortGate(0, 0)).code == "link_down"


def test_a_link_that_closes_in_the_middle_cuts_the_open_connection() -> None:
    got = bytearray()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def read() -> None:
            peer, _ = server.accept()
            with peer:
                while piece := peer.recv(65536):
                    got.extend(piece)

        reader = threading.Thread(target=read)
        reader.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/sync/v1/a/b"
        error = failure(url, gate=ShortGate(0.2, 0.08))
        reader.join(5)
    assert error.code == "link_cut"
    assert 0 < got.count(b"hello") < 1000


def test_a_link_that_closes_while_waiting_for_the_answer_cuts_too(node: LoopbackNode) -> None:
    node.mode = "slow"
    assert failure(node.sync_url, gate=ShortGate(0.2, 0)).code == "link_cut"


def test_a_kept_connection_that_the_node_closed_is_made_again(node: LoopbackNode) -> None:
    transport = HttpTransport(node.sync_url)
    first = transport.exchange(b"")
    transport._wire._connection.sock.shutdown(socket.SHUT_RDWR)
    assert transport.exchange(b"") == first
    transport.close()
