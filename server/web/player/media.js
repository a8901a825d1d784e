// The files that travel beside the game (its map, what challenges show): fetched in pieces from whichever node has them,
// kept for offline, read in part. A piece that came stays: a phone that lost its network goes on where it was.

import { signal } from "@preact/signals";
import { home } from "./game.js";

/** @typedef {import("./bridge.d.ts").MediumView} MediumView */

const CACHE = "game-media";
const PIECE_BYTES = 256 * 1024;
const AGAIN_AFTER_MS = 20_000;
export const MAP = "application/vnd.pmtiles";

/** How much of the game's media is here, from 0 to 1; 1 where it has none. */
export const gathered = signal(0);

/** Why it is not all here, as a word's key; "" while nothing is in the way. */
export const gatherProblem = signal("");

let gathering = false;

/** Fetch what is missing, the map first; tried again until all is here. */
export async function gather() {
  if (gathering || !home.value) return;
  gathering = true;
  try {
    const cache = await caches.open(CACHE);
    const media = [...home.value.media].sort((a, b) => Number(b.media_type === MAP) - Number(a.media_type === MAP));
    const total = media.reduce((sum, one) => sum + one.size, 0);
    let done = 0;
    gathered.value = total ? 0 : 1;
    for (const medium of media) {
      let fetched = false;
      for (let first = 0; first < medium.size; first += PIECE_BYTES) {
        const name = piece(medium.hash, first);
        if (!(await cache.match(name))) {
          await cache.put(name, new Response(await fetchPiece(medium, first)));
          fetched = true;
        }
        done += Math.min(PIECE_BYTES, medium.size - first);
        gathered.value = Math.min(0.99, done / total);
      }
      if (fetched && !(await isSound(medium))) {
        await forget(medium);
        throw new Error(`${medium.name} came damaged`);
      }
    }
    gathered.value = 1;
    gatherProblem.value = "";
  } catch (error) {
    gatherProblem.value = /** @type {any} */ (error)?.name === "QuotaExceededError" ? "media.no_room" : "media.waiting";
    setTimeout(gather, AGAIN_AFTER_MS);
  } finally {
    gathering = false;
  }
}

/** Whether all pieces together are what the game names by its hash. Rejects where that cannot be found out.
 * @param {MediumView} medium
 * @returns {Promise<boolean>} */
async function isSound(medium) {
  const worker = new Worker(new URL("./worker/hash.js", import.meta.url), { type: "module" });
  try {
    const { hash, fault } = await new Promise((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = (event) => reject(new Error(event.message ?? "the worker did not start"));
      worker.postMessage({ cache: CACHE, names: pieces(medium), size: medium.size });
    });
    if (fault) throw new Error(fault);
    return hash === medium.hash;
  } finally {
    worker.terminate();
  }
}

/** @param {MediumView} medium */
async function forget(medium) {
  const cache = await caches.open(CACHE);
  for (const name of pieces(medium)) await cache.delete(name);
}

/** The names of all pieces, in order. @param {MediumView} medium */
function pieces(medium) {
  return Array.from({ length: Math.ceil(medium.size / PIECE_BYTES) }, (_, n) => piece(medium.hash, n * PIECE_BYTES));
}

/** The name of a piece in the cache. @param {string} hash @param {number} first */
function piece(hash, first) {
  return `/play/media/${hash}/${first}`;
}

/** A piece from the first node that has it. @param {MediumView} medium @param {number} first */
async function fetchPiece(medium, first) {
  const end = Math.min(first + PIECE_BYTES, medium.size);
  let last = /** @type {unknown} */ (new Error("no upstream is known"));
  for (const upstream of home.value?.upstreams ?? []) {
    try {
      const url = upstream.replace(/\/sync\/v1\/([^/]+)\/([^/]+)$/, "/api/v1/$1/games/$2/media/") + medium.hash;
      const answer = await fetch(url, { headers: { Range: `bytes=${first}-${end - 1}` }, credentials: "omit", cache: "no-store" });
      const content = await answer.blob(); // its bytes stay with the browser; what the page holds is a handle
      if (answer.status === 206 && content.size === end - first) return content;
      last = new Error(`${url}: ${answer.status}`);
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** Some bytes of a medium that is here; throws where they are not.
 * @param {MediumView} medium @param {number} offset @param {number} length */
export async function readMedium(medium, offset, length) {
  const end = Math.min(offset + length, medium.size);
  const found = new Uint8Array(end - offset);
  const cache = await caches.open(CACHE);
  for (let first = offset - (offset % PIECE_BYTES); first < end; first += PIECE_BYTES) {
    const kept = await cache.match(piece(medium.hash, first));
    if (!kept) throw new Error(`${medium.name} is not here yet`);
    const content = new Uint8Array(await kept.arrayBuffer());
    const from = Math.max(offset, first);
    const to = Math.min(end, first + content.length);
    found.set(content.subarray(from - first, to - first), from - offset);
  }
  return found;
}

/** An address to show a medium by, to be given back with URL.revokeObjectURL. @param {MediumView} medium */
export async function addressOf(medium) {
  const content = await readMedium(medium, 0, medium.size);
  return URL.createObjectURL(new Blob([content], { type: medium.media_type }));
}

/** Forget everything that was kept. */
export async function forgetMedia() {
  await caches.delete(CACHE);
  gathered.value = 0;
}
