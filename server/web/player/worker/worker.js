// The worker: holds the store, runs the bridge, signs. The page fetches for it and shows what it answers.
//
//   from the page   {kind: "start", kept} once, and again where the store was locked; {kind: "call", id, name, asked};
//                   {kind: "fetched", id, fetched}; {kind: "erase", id}; {kind: "contents", id}
//   to the page     {kind: "progress", share}; {kind: "started", store} or {kind: "failed", code, detail};
//                   {kind: "answer", id, step, spent}; {kind: "fetch", id, fetch}
//
// What always holds: an answer leaves after everything written is with the disk.

import { collect } from "../collector.js";
import { decode, encode } from "../msgpack.js";
import { forgetKeys, keepKeysInMemory, keyFor, keyOf, verifyAll } from "./keys.js";
import { STORE_PATH, loadPython, openBridge } from "./python.js";
import { StoreFiles } from "./store_files.js";

/** @typedef {import("../bridge.d.ts").Step} Step */
/** @typedef {import("../bridge.d.ts").Asked} Asked */
/** @typedef {import("../bridge.d.ts").Fetched} Fetched */
/** Where the time of a call went; moments are milliseconds since the epoch, by the clock that page and worker share.
 * @typedef {{ beganAt: number, pythonMs: number, diskMs: number, endedAt: number }} Spent */

const BASE = new URL("../", import.meta.url).href;
const COLLECT_AFTER_MS = 2_000;
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** @type {StoreFiles | null} */
let files = null;
/** @type {import("./python.js").Bridge | null} */
let bridge = null;
/** @type {Uint8Array | null} */
let ownKey = null;
/** @type {Map<number, (fetched: Fetched) => void>} */
const fetching = new Map();
let fetchNumber = 0;

/** Python comes while the page still finds its words and looks whether the store is free. */
const loading = loadPython(BASE, progress);
loading.catch(() => undefined); // the start that waits for it says so

scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  if (data.kind === "start") await start(data.kept);
  else if (data.kind === "collect") collect();
  else if (data.kind === "call") await answerCall(data.id, data.name, data.asked);
  else if (data.kind === "erase") scope.postMessage({ kind: "answer", id: data.id, step: await erase() });
  else if (data.kind === "contents") scope.postMessage({ kind: "answer", id: data.id, step: { step: "done", answer: files?.contents() ?? {} } });
  else if (data.kind === "fetched") {
    fetching.get(data.id)?.(data.fetched);
    fetching.delete(data.id);
  }
};

/** @param {number} share */
function progress(share) {
  scope.postMessage({ kind: "progress", share });
}

/** @param {string | null} kept */
async function start(kept) {
  try {
    const { mount, path, kind } = await chooseStore(kept);
    bridge = openBridge(await loading, { mount, path });
    progress(1);
    scope.postMessage({ kind: "started", store: kind });
    setTimeout(collect, COLLECT_AFTER_MS);
  } catch (error) {
    scope.postMessage({ kind: "failed", ...told(error) });
  }
}

/** The store that a game is kept in; for a first game OPFS, then blocks in IndexedDB, then memory. A store that another
 * tab holds is no reason to play without one, and one that holds a game none to begin another.
 * @param {string | null} kept which kind holds a game, as far as the page knows */
async function chooseStore(kept) {
  files = await firstThatOpens(kept);
  if (!files) {
    keepKeysInMemory();
    return { mount: () => undefined, path: "/memory.db", kind: "memory" };
  }
  const store = files;
  return { mount: (/** @type {any} */ FS) => store.mount(FS), path: STORE_PATH, kind: store.kind };
}

/** @param {string | null} kept
 * @returns {Promise<StoreFiles | null>} */
async function firstThatOpens(kept) {
  const ways = { opfs: StoreFiles.open, indexed: StoreFiles.openIndexed };
  const wanted = kept === "opfs" || kept === "indexed" ? [ways[kept]] : Object.values(ways);
  for (const open of wanted) {
    try {
      return await open();
    } catch (error) {
      if (error instanceof DOMException && error.name === "NoModificationAllowedError") throw error;
      if (wanted.length === 1) throw new Error(`store_unreachable: ${error}`, { cause: error });
    }
  }
  return null;
}

/** @param {number} id @param {string} name @param {any} asked */
async function answerCall(id, name, asked) {
  const spent = { beganAt: moment(), pythonMs: 0, diskMs: 0, endedAt: 0 };
  const step = await call(name, asked, spent);
  spent.endedAt = moment();
  scope.postMessage({ kind: "answer", id, step, spent });
}

function moment() {
  return performance.timeOrigin + performance.now();
}

/** Make a call and answer what it asks, until it is done or failed.
 * @param {string} name @param {any} asked @param {Spent} spent
 * @returns {Promise<Step>} */
async function call(name, asked, spent) {
  try {
    const open = bridge;
    if (!open) throw new Error("the store is not open");
    const request = name === "join" ? { ...asked, public_key: await publicKeyAt(asked.url) } : asked;
    let step = await settled(() => open.call(name, encode(request)), spent);
    while (step.step === "asked") {
      const { ticket } = step;
      const answer = encode(await answerTo(step));
      step = await settled(() => open.resume(ticket, answer), spent);
    }
    if (step.step === "done" && (name === "open" || name === "join")) {
      ownKey = /** @type {any} */ (step.answer).home?.public_key ?? null;
    }
    return step;
  } catch (error) {
    return { step: "failed", ...told(error), retry_after_ms: 0 };
  }
}

/** A step, once what it wrote is with the disk.
 * @param {() => Uint8Array} run @param {Spent} spent
 * @returns {Promise<Step>} */
async function settled(run, spent) {
  const began = moment();
  const bytes = run();
  const ran = moment();
  await files?.settle();
  spent.pythonMs += ran - began;
  spent.diskMs += moment() - ran;
  return decode(bytes);
}

/** @param {Asked} asked
 * @returns {Promise<unknown>} */
async function answerTo(asked) {
  if (asked.sign) {
    const key = ownKey && (await keyOf(ownKey));
    if (!key) throw new Error("key_missing: this browser has lost the key of this device");
    return key.sign(asked.sign.message);
  }
  if (asked.verify) return verifyAll(asked.verify.checks);
  const id = (fetchNumber += 1);
  return new Promise((resolve) => {
    fetching.set(id, resolve);
    scope.postMessage({ kind: "fetch", id, fetch: asked.fetch });
  });
}

/** The key for the node and tenant of a game's address.
 * @param {string} url */
async function publicKeyAt(url) {
  const parts = new URL(url).pathname.split("/").filter(Boolean);
  const tenant = parts[parts.indexOf("v1") + 1] ?? "";
  return (await keyFor(`${new URL(url).origin}/${tenant}`)).publicKey;
}

/** @returns {Promise<Step>} */
async function erase() {
  try {
    bridge?.close();
    bridge = null;
    await files?.close();
    await files?.erase();
    await forgetKeys();
    return { step: "done", answer: {} };
  } catch (error) {
    return { step: "failed", ...told(error), retry_after_ms: 0 };
  }
}

/** @param {unknown} error */
function told(error) {
  if (error instanceof DOMException && error.name === "NoModificationAllowedError") {
    return { code: "store_locked", detail: error.message };
  }
  if (error instanceof DOMException && error.name === "QuotaExceededError") {
    return { code: "store_disk_full", detail: error.message };
  }
  if (error instanceof DOMException && error.name === "InvalidStateError") {
    return { code: "store_taken", detail: error.message };
  }
  const said = error instanceof Error ? error.message : String(error);
  const code = /^([a-z]+(?:_[a-z]+)+): /.exec(said);
  return { code: code ? code[1] : "app_fault", detail: said.trim().split("\n").slice(-3).join("\n") };
}
