"""The reference page of the protocol says what the code says.

Its tables are generated: `python tests/sync/test_protocol_page.py` writes them anew.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from sync import digest, limits, messages, placement
from sync.transitions import TRANSITIONS

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "reference" / "protocol.md"

VERDICTS = {
    "stored": "new, and its writer is enrolled",
    "duplicate": "an event of this very id was held already",
    "held": "new, kept and forwarded; its writer is not enrolled here yet",
    "refused": "the envelope check failed: no node will ever take it",
    "fork": "new, and another event of this number is held: both are kept",
    "busy": "not now: a quota, a limit, or not this node's scope; offer it again",
}
CODES = {
    "bad_signature": "a signature does not verify",
    "body_too_big": "more bytes or frames than a body may have",
    "bundle_cut": "the bundle's End is missing or does not match; what was sound is stored",
    "busy": "a quota is used up; come back",
    "empty_answer": "the peer answered nothing",
    "frame_damaged": "checksum or deflate stream is wrong",
    "frame_short": "the body ends inside a frame",
    "frame_too_big": "over the limit after inflating",
    "frame_unknown": "a form, tag or field this version does not know",
    "message_malformed": "an id, number or list of a message is not well-formed",
    "message_too_big": "more entries than a message may have",
    "no_hello": "a request without a greeting",
    "not_a_bundle": "a file that is none, or was converted as text",
    "not_enrolled": "to read, a node must be enrolled and sign the nonce",
    "out_of_order": "a message where the table has no cell for it",
    "receipt_malformed": "a receipt's widths or numbers are wrong",
    "run_malformed": "a run's widths, numbers or spans are wrong",
    "run_too_big": "more events or bytes than a segment may have",
    "scope_disjoint": "this node holds none of the audiences",
    "scope_malformed": "audiences that are not sorted and distinct",
    "signature_malformed": "a signature that is not canonical Ed25519",
    "statement_malformed": "a statement that does not decode or is too big",
    "version": "no protocol version in common",
    "wrong_game": "made for another tenant or game",
}


def table(*rows: tuple[str, ...]) -> str:
    head, *rest = rows
    return "\n".join("| " + " | ".join(row) + " |" for row in (head, ("---",) * len(head), *rest))


def message_table() -> str:
    rows = re.findall(r"^    (\d+) +(\w+) +(\w+) +(.+)$", messages.__doc__ or "", flags=re.MULTILINE)
    fields = {m.__name__: ", ".join(m.__struct_fields__) for m in messages.MESSAGES}
    cells = [(tag, f"`{name}`", by, says, f"`{fields[name]}`") for tag, name, by, says in rows]
    return table(("tag", "message", "from", "says", "fields, in order"), *cells)


def transition_table() -> str:
    rows = []
    for state, row in TRANSITIONS.items():
        for kind, after in row.items():
            rows.append((state.value, f"`{kind.__name__}`", after.value))
    return table(("the reader is at", "message", "and then at"), *rows)


def limit_table() -> str:
    rows = [(f"`{r.name}`", f"{r.value:,}".replace(",", "\u202f"), r.unit, r.reason) for r in limits.LIMITS]
    return table(("limit", "value", "unit", "why"), *rows)


def verdict_table() -> str:
    rows = [(str(i), f"`{name}`", VERDICTS[name]) for i, name in enumerate(placement.VERDICT_NAMES)]
    return table(("number", "verdict", "of an event says"), *rows)


def code_table() -> str:
    return table(("code", "says"), *((f"`{code}`", says) for code, says in sorted(CODES.items())))


TABLES = {
    "messages": message_table,
    "transitions": transition_table,
    "verdicts": verdict_table,
    "codes": code_table,
    "limits": limit_table,
}


def block(name: str) -> re.Pattern[str]:
    return re.compile(rf"<!-- {name} -->\n(?:\n(?:\|.*\n)+)?")


@pytest.mark.parametrize("name", TABLES)
def test_a_generated_table_of_the_page_is_current(name: str) -> None:
    assert f"<!-- {name} -->\n\n{TABLES[name]()}\n" in PAGE.read_text(encoding="utf-8")


def test_every_context_stands_on_the_page() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert [c for c in digest.CONTEXTS if f"`{c.rstrip(bytes(1)).decode()}`" not in page] == []


def test_every_code_a_peer_can_hear_is_explained() -> None:
    raised = set()
    for path in (ROOT / "sync").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant):
                name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                if name in {"RemoteError", "FrameError", "EnvelopeError", "Problem", "_complain"}:
                    raised.add(node.args[0].value)
    assert raised == set(CODES)


if __name__ == "__main__":
    text = PAGE.read_text(encoding="utf-8")
    for name, make in TABLES.items():
        made = f"<!-- {name} -->\n\n{make()}\n"
        text = block(name).sub(lambda _, made=made: made, text)
    PAGE.write_text(text, encoding="utf-8")
