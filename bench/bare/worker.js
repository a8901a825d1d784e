// The bare worker: the trimmed library and no module of ours; and, once asked, a bare table in the same kind of store.

import { StoreFiles } from "./store_files.js";

const BASE = new URL("../", import.meta.url).href;
const { loadPyodide } = await import(`${BASE}vendor/pyodide.mjs`);
const python = await loadPyodide({
  indexURL: `${BASE}vendor/`,
  stdLibURL: `${BASE}python/library.zip`,
  lockFileContents: JSON.stringify({
    info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2", version: "314.0.7" },
    packages: {},
  }),
  packageBaseUrl: `${BASE}python/`,
  env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" },
});
python.runPython("1 + 1");
postMessage("ready");

const TABLE = `
import sqlite3
connection = sqlite3.connect("/store/wayfold.db", isolation_level=None)
for pragma in ("locking_mode = EXCLUSIVE", "journal_mode = WAL", "synchronous = FULL"):
    connection.execute(f"PRAGMA {pragma}")
connection.execute("CREATE TABLE IF NOT EXISTS event (seq INTEGER PRIMARY KEY, payload BLOB NOT NULL)")
def commit():
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("INSERT INTO event (payload) VALUES (?)", (bytes(24),))
    connection.execute("COMMIT")
`;
let files, commit;

self.onmessage = async () => {
  try {
    if (!files) {
      files = await StoreFiles.open();
      files.mount(python.FS);
      const names = python.toPy({});
      python.runPython(TABLE, { globals: names });
      commit = names.get("commit");
    }
    commit();
    files.settle();
    postMessage("saved");
  } catch (error) {
    postMessage(String(error));
  }
};
