"""Which sources a node says it runs: the digest in a session's first words is that of the files."""

from __future__ import annotations

from pathlib import Path

from loopback import LoopbackNode

from client_core.software import NOT_ON_PHONES, digest_of, software, sources
from client_core.transports.http import HttpTransport
from sync.frame import decode_frame, split_frames
from sync.messages import Hello

ROOT = Path(__file__).resolve().parents[2]


def test_the_digest_is_over_every_module_and_step_that_a_phone_runs_and_over_nothing_else() -> None:
    found = sources(ROOT)
    assert {"sync/event.py", "client_core/bridge.py", "client_core/store/sql/0001_spatial_metadata.sql"} <= set(found)
    assert not NOT_ON_PHONES & set(found)
    assert all((ROOT / name).is_file() for name in NOT_ON_PHONES)
    assert software().hex() == digest_of(found)[:32]


def test_one_other_byte_and_one_other_name_give_another_digest() -> None:
    base = {"a.py": b"1", "b.py": b"2"}
    others = [{"a.py": b"1", "b.py": b"3"}, {"a.py": b"1", "c.py": b"2"}, {"a.py": b"2", "b.py": b"1"}, {"a.py": b"1"}]
    assert len({digest_of(one) for one in (base, *others)}) == 5
    assert digest_of(dict(reversed(base.items()))) == digest_of(base)


class Listening(HttpTransport):
    """Carries bodies to a node as ever, and keeps the first."""

    first = b""

    def exchange(self, body: bytes) -> bytes:
        self.first = self.first or body
        return super().exchange(body)


def test_a_device_says_in_its_first_words_which_sources_it_runs(new_device, hq: LoopbackNode) -> None:
    device = new_device("a")
    transport = Listening(next(iter(device.upstreams())))
    assert device.sync_once(transport).converged
    hello = decode_frame(next(iter(split_frames(transport.first))))
    assert isinstance(hello, Hello)
    assert hello.software == software()
