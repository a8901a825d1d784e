"""Runs in Pyodide: writes what a phone's Python needs as archives of compiled modules.

    /made/app.zip      sync and client_core, compiled; SQL files as they are
    /made/msgspec.zip  msgspec, to be unpacked: its compiled part cannot be loaded from an archive
    /made/library.zip  the standard library, trimmed to what playing a game imports
    /made/parts.json   the digest of our sources, and the modules of the library

What is imported is found out by playing: a game is published, joined, played and
written to a file with everything loaded from app.zip, as on a phone. Archives
are stored, not deflated (the transport compresses), sorted and without times.
"""

import ast
import importlib.util
import json
import marshal
import shutil
import sys
import zipfile
from importlib._bootstrap_external import _code_to_hash_pyc
from pathlib import Path
from types import ModuleType

REPOSITORY, MADE, LIBRARY = Path("/repository"), Path("/made"), "/library.zip"
LAZY = (
    *(
        "traceback",
        "linecache",
        "tokenize",
        "textwrap",
        "warnings",
        "contextlib",
        "zipimport",
        "zipfile",
        "zipfile._path",
    ),
    *("importlib.resources.readers", "importlib.readers", "encodings.utf_8", "encodings.ascii", "encodings.latin_1"),
    *("encodings.idna", "sqlite3.dump", "unicodedata", "stringprep", "tempfile", "urllib.parse", "ipaddress"),
)
"""What the library imports only when it is asked or fails."""
EPOCH = (1980, 1, 1, 0, 0, 0)


def compiled(source: bytes, name: str, optimize: int, tree: ast.Module | None = None) -> bytes:
    """A module's code, to be believed without looking at its source; `tree` is what to make it of instead."""
    code = compile(source if tree is None else tree, name, "exec", dont_inherit=True, optimize=optimize)
    # Twice through marshal: what is shared in memory no longer depends on what was compiled before.
    code = marshal.loads(marshal.dumps(code))  # noqa: S302 - what was written a moment ago
    return bytes(_code_to_hash_pyc(code, importlib.util.source_hash(source), checked=False))


def without_docstrings(source: bytes) -> ast.Module:
    """A module as it runs: nobody reads its docstrings on a phone, where they are a tenth of what travels."""
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            first = node.body[0] if node.body else None
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
            ):
                node.body[:1] = [] if node.body[1:] else [ast.copy_location(ast.Pass(), first)]
    return tree


def write_archive(path: Path, contents: dict[str, bytes]) -> None:
    """Store the contents under their names, in order and without times."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(contents):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), contents[name])


def software() -> ModuleType:
    """What knows which of our sources a phone runs; not as a part of its package, which comes from app.zip."""
    spec = importlib.util.spec_from_file_location("software", REPOSITORY / "client_core" / "software.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def app_contents(sources: dict[str, bytes], packed: str, digest: str) -> dict[str, bytes]:
    """Our modules compiled, asserts and all but without docstrings; SQL as it is; the digest of what they were."""
    contents = {packed: digest.encode()}
    for name, source in sources.items():
        if name.endswith(".py"):
            contents[name + "c"] = compiled(source, name, 0, without_docstrings(source))
        else:
            contents[name] = source
    return contents


def msgspec_contents(folder: Path) -> dict[str, bytes]:
    """The wheel as it was unpacked, its Python parts compiled, without stubs."""
    contents = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder.parent).as_posix()
        if path.suffix == ".py":
            contents[name + "c"] = compiled(path.read_bytes(), name, 2)
        elif path.suffix == ".so":
            contents[name] = path.read_bytes()
    return contents


def play() -> None:
    """A small game from publication to the file of the day, through the bridge."""
    import msgspec

    from client_core.bridge import Bridge
    from client_core.game.content import encode_package, package_hash
    from client_core.game.joining import JoinAnswer
    from client_core.game.publish import Draft, DraftCheckpoint, publish
    from client_core.game.timing import MassStart, TimeLimit
    from client_core.replica import put_game
    from client_core.store.database import Database
    from client_core.store.device import Key

    at_ms = 1_700_000_000_000
    places = tuple(DraftCheckpoint(code, code, 10, (11.25 + n / 500, 43.77)) for n, code in enumerate("ABF"))
    package = encode_package(
        publish(
            Draft(
                name="Traced", time_zone="Europe/Rome", opens_at_ms=at_ms, closes_at_ms=at_ms + 7_200_000,
                start=MassStart(at_ms), finish_code="F", limit=TimeLimit(3_600_000, 10, None), checkpoints=places,
            )
        )
    )  # fmt: skip
    answer = JoinAnswer(
        tenant=b"t" * 16, game=b"g" * 16, team=b"m" * 16, team_number=1, team_name="One", root_key=b"r" * 32,
        statements=(), package_hash=package_hash(package), upstreams=("https://host.example/sync/v1/a/b",),
    )  # fmt: skip
    path = "/traced.db"
    bridge = Bridge(path, exclusive=True)

    def call(name: str, **asked: object) -> dict:
        return msgspec.msgpack.decode(bridge.call(name, msgspec.msgpack.encode(asked)))

    assert call("open")["answer"]["home"] is None
    assert call("join", url="https://host.example/a/b", code="X", public_key=b"k" * 32)["step"] == "asked"
    bridge.close()
    with Database.open(path, exclusive=True) as database:
        put_game(database, answer, package, Key(public_key=b"k" * 32), bridge.clock)
    fix = {"lon_e7": 112_500_000, "lat_e7": 437_700_000, "accuracy_mm": 5_000, "at_ms": at_ms + 60_000}
    assert call("open")["answer"]["home"]["name"] == "Traced"
    assert call("check_in", checkpoint=0, at_ms=at_ms + 60_000, fix=fix)["answer"]["verdict"] == "accepted"
    assert call("scan", text="nothing", at_ms=at_ms)["answer"]["reason"] == "wrong_code"
    for name in ("now", "sos", "retire"):
        assert call(name, at_ms=at_ms + 70_000)["step"] == "done"
    assert call("explain")["answer"]["score"] == 10
    asked = call("sync")
    assert asked["step"] == "asked", asked
    said = {"status": 503, "content_type": "application/problem+json", "body": b'{"code":"busy"}'}
    while asked["step"] == "asked":
        reply = said if asked["fetch"] else b"s" * 64 if asked["sign"] else [True] * len(asked["verify"]["checks"])
        asked = msgspec.msgpack.decode(bridge.resume(asked["ticket"], msgspec.msgpack.encode(reply)))
    assert asked == {"step": "failed", "code": "busy", "detail": "", "retry_after_ms": 0}, asked
    assert call("nowhere")["code"] == "call_unknown"
    bridge.close()


def main() -> None:
    """Make the archives, and play from them to see what is imported."""
    ours = software()
    sources = ours.sources(REPOSITORY)
    digest = ours.digest_of(sources)
    write_archive(MADE / "app.zip", app_contents(sources, ours.PACKED, digest))
    msgspec = Path(importlib.util.find_spec("msgspec").origin).parent
    write_archive(MADE / "msgspec.zip", msgspec_contents(msgspec))
    # From here on as on a phone.
    shutil.rmtree(msgspec)
    with zipfile.ZipFile(MADE / "msgspec.zip") as archive:
        archive.extractall(msgspec.parent)
    sys.path.insert(0, str(MADE / "app.zip"))
    sys.path_importer_cache.clear()
    play()
    import client_core

    assert client_core.__file__.startswith(str(MADE)), client_core.__file__
    for name in LAZY:
        __import__(name)
    with zipfile.ZipFile(LIBRARY) as archive:
        there = {name: archive.read(name) for name in archive.namelist()}
    kept, modules = {}, set()
    for module, held in list(sys.modules.items()):
        origin = getattr(held, "__file__", None) or ""
        marker = "/python314.zip/"
        if marker in origin:
            name = origin.split(marker, 1)[1]
            kept[name + "c"] = compiled(there[name], name, 2)
            modules.add(module)
    write_archive(MADE / "library.zip", kept)
    parts = {"sources": digest, "library": sorted(modules)}
    (MADE / "parts.json").write_text(json.dumps(parts, indent=1, sort_keys=True))


main()
