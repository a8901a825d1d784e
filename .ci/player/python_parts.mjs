// The browser's Python, made by itself: loads the stock Pyodide, lets python_parts.py look at what a game imports, and
// writes the trimmed library and our sources as archives of compiled modules.
//
//   node python_parts.mjs REPOSITORY MSGSPEC_WHEEL OUT
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const [repository, wheel, out] = process.argv.slice(2);
const folder = dirname(createRequire(join(repository, "package.json")).resolve("pyodide/package.json"));
const { loadPyodide } = await import(join(folder, "pyodide.mjs"));
// Compiled code keeps its lines, which a traceback names, and not its columns, which take a quarter of what travels.
const env = { PYTHONHASHSEED: "0", PYTHONDONTWRITEBYTECODE: "1", PYTHONNODEBUGRANGES: "1" };
const python = await loadPyodide({ indexURL: folder, env });

const bytes = (path) => new Uint8Array(readFileSync(path));
python.unpackArchive(bytes(wheel), "wheel");
python.mountNodeFS("/repository", repository);
python.FS.mkdirTree("/made");
python.FS.writeFile("/library.zip", bytes(join(folder, "python_stdlib.zip")));
try {
  python.runPython(readFileSync(join(repository, ".ci/player/python_parts.py"), "utf8"), { filename: "python_parts.py" });
} catch (error) {
  console.error(error.message); // and not the whole of Pyodide, which is the line it came from
  process.exit(1);
}
mkdirSync(out, { recursive: true });
for (const name of python.FS.readdir("/made").filter((one) => !one.startsWith("."))) {
  writeFileSync(join(out, name), python.FS.readFile(`/made/${name}`));
}
