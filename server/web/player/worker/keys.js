// This device's keys: Ed25519 pairs whose private half never leaves the platform, kept in IndexedDB by the place they are
// shown at (origin and tenant); in memory where the store is there too.

const DATABASE = "wayfold-keys";
const STORE = "key";

/** @typedef {{ pair: CryptoKeyPair, publicKey: Uint8Array }} Kept */
/** @typedef {{ publicKey: Uint8Array, sign: (message: Uint8Array) => Promise<Uint8Array> }} DeviceKey */

/** @type {Map<string, Kept> | null} */
let inMemory = null;

/** Keep keys no longer than this worker lives, as its store. */
export function keepKeysInMemory() {
  inMemory = new Map();
}

/** The key for a place, made where there is none; it is kept before anybody hears of it.
 * @param {string} place
 * @returns {Promise<DeviceKey>} */
export async function keyFor(place) {
  const kept = inMemory ? inMemory.get(place) : await ask("readonly", (store) => store.get(place));
  if (kept) return usable(kept);
  const pair = /** @type {CryptoKeyPair} */ (await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]));
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  if (inMemory) inMemory.set(place, { pair, publicKey });
  else await ask("readwrite", (store) => store.put({ pair, publicKey }, place));
  return usable({ pair, publicKey });
}

/** The key with this public half, or null where it is not here.
 * @param {Uint8Array} publicKey
 * @returns {Promise<DeviceKey | null>} */
export async function keyOf(publicKey) {
  const all = inMemory ? [...inMemory.values()] : await ask("readonly", (store) => store.getAll());
  const kept = all.find((/** @type {any} */ one) => same(one.publicKey, publicKey));
  return kept ? usable(kept) : null;
}

/** Forget every key; what they signed stays good. */
export async function forgetKeys() {
  if (inMemory) return inMemory.clear();
  return /** @type {Promise<void>} */ (
    new Promise((resolve, reject) => {
      const request = indexedDB.deleteDatabase(DATABASE);
      request.onsuccess = () => resolve();
      request.onerror = () => reject(request.error);
    })
  );
}

/** Whether these signatures are good; a key or signature that the platform does not take is not.
 * @param {ReadonlyArray<import("../bridge.d.ts").SignatureCheck>} checks
 * @returns {Promise<boolean[]>} */
export function verifyAll(checks) {
  return Promise.all(
    checks.map(async (check) => {
      try {
        const key = await crypto.subtle.importKey("raw", exactly(check.public_key), { name: "Ed25519" }, false, ["verify"]);
        return await crypto.subtle.verify("Ed25519", key, exactly(check.signature), exactly(check.message));
      } catch {
        return false;
      }
    }),
  );
}

/** @param {Kept} kept
 * @returns {DeviceKey} */
function usable({ pair, publicKey }) {
  const sign = async (/** @type {Uint8Array} */ message) =>
    new Uint8Array(await crypto.subtle.sign("Ed25519", pair.privateKey, exactly(message)));
  return { publicKey, sign };
}

/** @template T
 * @param {IDBTransactionMode} mode
 * @param {(store: IDBObjectStore) => IDBRequest<T>} act
 * @returns {Promise<T>} */
function ask(mode, act) {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE);
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => {
      const transaction = opening.result.transaction(STORE, mode, { durability: "strict" });
      const request = act(transaction.objectStore(STORE));
      transaction.oncomplete = () => (opening.result.close(), resolve(request.result));
      transaction.onabort = () => (opening.result.close(), reject(transaction.error));
    };
  });
}

/** @param {Uint8Array} bytes
 * @returns {Uint8Array<ArrayBuffer>} */
function exactly(bytes) {
  return new Uint8Array(bytes);
}

/** @param {Uint8Array} a @param {Uint8Array} b */
function same(a, b) {
  return a.length === b.length && a.every((byte, n) => byte === b[n]);
}
