"""What a phone says it runs: compiled from exactly the sources that the server has."""

from __future__ import annotations

from phones import NewPhone
from served import ServedProcess

from client_core.software import software
from server.player_app import player_set
from sync.frame import decode_frame, split_frames
from sync.messages import Hello


def test_a_phone_and_its_server_say_the_same_digest_of_their_sources(new_phone: NewPhone, hq: ServedProcess) -> None:
    phone = new_phone("ann", hq.url).open()
    with phone.page.expect_request(lambda request: "/sync/v1/" in request.url) as first:
        phone.join("acme/park", hq.code, "Foxes")
    body = first.value.post_data_buffer
    assert body is not None
    hello = decode_frame(next(iter(split_frames(body))))
    built = player_set()
    assert isinstance(hello, Hello)
    assert built is not None
    assert hello.software.hex() == software().hex() == built.sources[:32]
