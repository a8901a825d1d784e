"""Photos on a device: taken without what tells about their owner, kept, and sent when nothing else waits."""

from __future__ import annotations

from client_core.game.actions import Photo
from client_core.game.pictures import blob_hash, without_metadata
from client_core.game.verdicts import Verdict
from client_core.replica import Replica
from client_core.transports.blobs import BlobSender


def take_photo(replica: Replica, challenge: int, content: bytes, *, at_ms: int) -> Verdict:
    """Answer a challenge with a picture (the bytes of a JPEG or PNG file).

    The picture is durable before its event is, so no event names what never
    was. Raises `PictureFault`, and otherwise like `Replica.check_in`.
    """
    picture = without_metadata(content)
    replica.blobs.keep(picture, at_ms)
    verdict = replica.act(Photo(at_ms, challenge, blob_hash(picture), len(picture)))
    if not replica.records(verdict):
        replica.blobs.drop(blob_hash(picture))
    return verdict


def send_photos(replica: Replica, sender: BlobSender) -> tuple[int, int]:
    """Send what a node lacks, as long as no event waits; returns how many it holds whole, of how many there are.

    Call it after a session: a node takes only what an event has announced.
    Raises `TransportError`.
    """
    waiting = replica.counts().unsent

    def urgent() -> bool:
        return replica.counts().unsent > waiting

    return sender.send_all(replica.blobs, urgent), len(replica.blobs.names())
