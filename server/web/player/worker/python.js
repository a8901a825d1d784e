// Python in this worker: the trimmed library, our modules, msgspec, and the bridge.

import { MOUNT } from "./store_files.js";

/** What is imported stays: it is not looked through for garbage while it comes, nor later. */
const LOADED = `
import gc, sys
gc.disable()
sys.path.insert(0, "/lib/app.zip")
import client_core.bridge
gc.freeze()
gc.enable()
`;
const GLUE = `
from client_core.bridge import Bridge
bridge = Bridge(path, exclusive=True)
def call(name, request): return bridge.call(name, request.to_bytes())
def resume(ticket, answer): return bridge.resume(ticket, answer.to_bytes())
`;

/** @typedef {{ call: (name: string, request: Uint8Array) => Uint8Array,
 *   resume: (ticket: number, answer: Uint8Array) => Uint8Array, close: () => void }} Bridge */

/** Load Python with our modules and msgspec, which opens nothing yet.
 * @param {string} base where the set lies, with a slash at the end
 * @param {(share: number) => void} progress
 * @returns {Promise<any>} */
export async function loadPython(base, progress) {
  const [{ loadPyodide }, app, msgspec] = await Promise.all([
    import(`${base}vendor/pyodide.mjs`),
    bytesOf(`${base}python/app.zip`),
    bytesOf(`${base}python/msgspec.zip`),
  ]);
  progress(0.3);
  const python = await loadPyodide({
    indexURL: `${base}vendor/`,
    stdLibURL: `${base}python/library.zip`,
    lockFileContents: JSON.stringify(LOCK),
    packageBaseUrl: `${base}python/`,
    env: { HOME: "/home/pyodide", PYTHONDONTWRITEBYTECODE: "1" },
  });
  progress(0.8);
  const { FS } = python;
  FS.writeFile("/lib/app.zip", app);
  for (const [name, content] of stored(msgspec)) {
    const path = `${python.runPython("import site; site.getsitepackages()[0]")}/${name}`;
    FS.mkdirTree(path.slice(0, path.lastIndexOf("/")));
    FS.writeFile(path, content);
  }
  python.runPython(LOADED);
  return python;
}

/** Mount the store's files and open the bridge.
 * @param {any} python
 * @param {{ mount: (FS: any) => void, path: string }} store
 * @returns {Bridge} */
export function openBridge(python, store) {
  store.mount(python.FS);
  const names = python.toPy({ path: store.path });
  python.runPython(GLUE, { globals: names });
  const [call, resume, bridge] = ["call", "resume", "bridge"].map((name) => names.get(name));
  return {
    call: (name, request) => taken(call(name, request)),
    resume: (ticket, answer) => taken(resume(ticket, answer)),
    close: () => bridge.close(),
  };
}

/** Where the bridge's file is in the mounted store. */
export const STORE_PATH = `${MOUNT}/wayfold.db`;

const LOCK = {
  info: { abi_version: "2026_0", arch: "wasm32", platform: "emscripten_5_0_3", python: "3.14.2", version: "314.0.7" },
  packages: {},
};

/** The bytes of a Python `bytes` object, which is given up.
 * @param {any} proxy
 * @returns {Uint8Array} */
function taken(proxy) {
  const bytes = proxy.toJs();
  proxy.destroy();
  return bytes;
}

/** @param {string} url
 * @returns {Promise<Uint8Array>} */
async function bytesOf(url) {
  const response = await fetch(url);
  if (!response.ok) throw new Error(`${url}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

/** The entries of an archive whose entries are stored, as ours are.
 * @param {Uint8Array} archive
 * @returns {Generator<[string, Uint8Array]>} */
export function* stored(archive) {
  const view = new DataView(archive.buffer, archive.byteOffset, archive.byteLength);
  let at = 0;
  while (at + 30 <= archive.length && view.getUint32(at, true) === 0x04034b50) {
    const [size, name, extra] = [view.getUint32(at + 18, true), view.getUint16(at + 26, true), view.getUint16(at + 28, true)];
    const from = at + 30 + name + extra;
    yield [new TextDecoder().decode(archive.subarray(at + 30, at + 30 + name)), archive.slice(from, from + size)];
    at = from + size;
  }
}
