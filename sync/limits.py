"""Every limit of the replication core, in one table.

A limit is part of the protocol: what one node accepts every node must accept,
so a change here is a change of protocol version. `LIMITS` lists them all with
the reason; the constants are what the code reads.
"""

from __future__ import annotations

from typing import NamedTuple

PROTOCOL_VERSION_MIN = 1
PROTOCOL_VERSION_MAX = 1

PAYLOAD_BYTES_MAX = 8 * 1024
SEGMENT_EVENTS_MAX = 100
SEGMENT_BYTES_MAX = 32 * 1024
FRAME_BYTES_MAX = 64 * 1024
FRAME_OVERHEAD_BYTES_MAX = 64
BODY_BYTES_MAX = 1024 * 1024
BODY_FRAMES_MAX = 256
ANSWER_BYTES_MAX = 512 * 1024
SEQ_MAX = 2**53 - 1
BRANCHES_MAX = 256
GAPS_MAX = 1024
SCOPE_AUDIENCES_MAX = 64
AUDIENCE_BYTES_MAX = 33
STATEMENT_BYTES_MAX = 8 * 1024
PINS_IN_STATEMENT_MAX = 64
KEPT_IN_STATEMENT_MAX = 64
AMENDS_MAX = 8
LEFT_IN_STATEMENT_MAX = 8
ERASED_IN_STATEMENT_MAX = 32
FACT_BYTES_MAX = 128
HEADS_IN_STATEMENT_MAX = 96
ROLE_MAX = 255
STATEMENTS_IN_FRAME_MAX = 64
ROWS_IN_FRAME_MAX = 128
ROWS_IN_BODY_MAX = 512
ROWS_DIRECT_MAX = 64
LOCATOR_ENTRIES_MAX = 32
RUNS_IN_FRAME_MAX = 256
SIGNATURES_IN_BODY_MAX = 2048
STATEMENT_IDS_IN_FRAME_MAX = 256
STATEMENTS_IN_ANSWER_MAX = 128
PROBLEMS_IN_BODY_MAX = 32
NONCE_BYTES_MIN = 16
NONCE_BYTES_MAX = 32
WANTS_IN_FRAME_MAX = 128
RECEIPTS_IN_FRAME_MAX = 128
TEXT_BYTES_MAX = 512
ROUNDS_MAX = 1_000


class Limit(NamedTuple):
    """One row of the table: the constant's name, its value, its unit and why it is so."""

    name: str
    value: int
    unit: str
    reason: str


LIMITS: tuple[Limit, ...] = (
    Limit("PAYLOAD_BYTES_MAX", PAYLOAD_BYTES_MAX, "bytes", "a quarter of a segment; photos travel as blobs"),
    Limit("SEGMENT_EVENTS_MAX", SEGMENT_EVENTS_MAX, "events", "a cut loses at most this much work"),
    Limit(
        "SEGMENT_BYTES_MAX",
        SEGMENT_BYTES_MAX,
        "bytes",
        "a segment, its hashes and salts fit one frame, however they fall",
    ),
    Limit("FRAME_BYTES_MAX", FRAME_BYTES_MAX, "bytes inflated", "a second on a 500 kbit/s link; bounds a zip bomb"),
    Limit("FRAME_OVERHEAD_BYTES_MAX", FRAME_OVERHEAD_BYTES_MAX, "bytes", "deflate may grow what does not compress"),
    Limit("BODY_BYTES_MAX", BODY_BYTES_MAX, "bytes", "one request held in memory"),
    Limit("BODY_FRAMES_MAX", BODY_FRAMES_MAX, "frames", "bounds the work one request can ask for"),
    Limit("ANSWER_BYTES_MAX", ANSWER_BYTES_MAX, "bytes", "an answer stays below a body, whatever is added last"),
    Limit("SEQ_MAX", SEQ_MAX, "events", "an exact integer in every JSON and JavaScript reader"),
    Limit("BRANCHES_MAX", BRANCHES_MAX, "branches a stream", "a forking key cannot grow a row without end"),
    Limit("GAPS_MAX", GAPS_MAX, "gaps a stream", "the same, for what is missing"),
    Limit("SCOPE_AUDIENCES_MAX", SCOPE_AUDIENCES_MAX, "audiences", "a kiosk asks for everything instead"),
    Limit("AUDIENCE_BYTES_MAX", AUDIENCE_BYTES_MAX, "bytes", "a kind and an id of up to 32 bytes"),
    Limit("STATEMENT_BYTES_MAX", STATEMENT_BYTES_MAX, "bytes", "a statement is keys and numbers, no text"),
    Limit("PINS_IN_STATEMENT_MAX", PINS_IN_STATEMENT_MAX, "pins", "a revocation fits one statement: 80 bytes each"),
    Limit("KEPT_IN_STATEMENT_MAX", KEPT_IN_STATEMENT_MAX, "ids", "beyond it the authority says the same anew"),
    Limit("AMENDS_MAX", AMENDS_MAX, "ids", "what one statement takes the place of"),
    Limit("LEFT_IN_STATEMENT_MAX", LEFT_IN_STATEMENT_MAX, "ids", "who changes teams leaves one; more go in several"),
    Limit("ERASED_IN_STATEMENT_MAX", ERASED_IN_STATEMENT_MAX, "events", "an erasure with its facts fits one statement"),
    Limit("FACT_BYTES_MAX", FACT_BYTES_MAX, "bytes", "numbers and a key, no text"),
    Limit("HEADS_IN_STATEMENT_MAX", HEADS_IN_STATEMENT_MAX, "pins", "a part of a finalisation fits one statement"),
    Limit("ROLE_MAX", ROLE_MAX, "a role", "what an authority acts as"),
    Limit("STATEMENTS_IN_FRAME_MAX", STATEMENTS_IN_FRAME_MAX, "statements", "a quarter of a frame of usual ones"),
    Limit("STATEMENTS_IN_ANSWER_MAX", STATEMENTS_IN_ANSWER_MAX, "statements", "the next round brings the others"),
    Limit("STATEMENT_IDS_IN_FRAME_MAX", STATEMENT_IDS_IN_FRAME_MAX, "ids", "8 KiB of a frame with rows"),
    Limit("RUNS_IN_FRAME_MAX", RUNS_IN_FRAME_MAX, "runs", "a frame of runs of one event"),
    Limit(
        "SIGNATURES_IN_BODY_MAX",
        SIGNATURES_IN_BODY_MAX,
        "signatures",
        "a fifth of a second of checking; beyond is busy",
    ),
    Limit("PROBLEMS_IN_BODY_MAX", PROBLEMS_IN_BODY_MAX, "problems", "enough to see what is wrong; bounds an answer"),
    Limit("NONCE_BYTES_MIN", NONCE_BYTES_MIN, "bytes", "cannot be guessed or met twice"),
    Limit("NONCE_BYTES_MAX", NONCE_BYTES_MAX, "bytes", "a whole digest"),
    Limit("ROWS_IN_FRAME_MAX", ROWS_IN_FRAME_MAX, "rows", "a row of a plain stream is about 130 bytes"),
    Limit("ROWS_IN_BODY_MAX", ROWS_IN_BODY_MAX, "rows", "one round compares this much; the next goes on"),
    Limit("ROWS_DIRECT_MAX", ROWS_DIRECT_MAX, "rows", "below it rows are cheaper than bucket hashes"),
    Limit(
        "LOCATOR_ENTRIES_MAX", LOCATOR_ENTRIES_MAX, "marks beside the heads", "doubling steps reach 2^31 events back"
    ),
    Limit("WANTS_IN_FRAME_MAX", WANTS_IN_FRAME_MAX, "wants", "what a frame holds of the usual length"),
    Limit("RECEIPTS_IN_FRAME_MAX", RECEIPTS_IN_FRAME_MAX, "receipts", "a receipt is about 250 bytes"),
    Limit("TEXT_BYTES_MAX", TEXT_BYTES_MAX, "bytes", "a sentence for people, in a problem"),
    Limit("ROUNDS_MAX", ROUNDS_MAX, "exchanges a session", "a session ends, whatever the peer answers"),
)
