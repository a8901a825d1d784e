// The hash of a file that is kept in pieces, found in a worker of its own: WebCrypto wants all the bytes at once, and a page
// would hold what it read for it long after. Ends with its one answer.
//
//   from the page   {cache, names, size}: where the pieces are, in order, and how many bytes they make
//   to the page     {hash}, in hex; {fault} where a piece is not there

/** What stands before a blob where it is hashed (`client_core.game.pictures`). */
const BLOB_CONTEXT = new TextEncoder().encode("wayfold/1/blob\0");
const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

scope.onmessage = async (/** @type {MessageEvent} */ { data }) => {
  try {
    scope.postMessage({ hash: await hashOf(data.cache, data.names, data.size) });
  } catch (error) {
    scope.postMessage({ fault: String(error) });
  }
};

/** @param {string} cacheName @param {ReadonlyArray<string>} names @param {number} size
 * @returns {Promise<string>} */
async function hashOf(cacheName, names, size) {
  const cache = await caches.open(cacheName);
  const whole = new Uint8Array(BLOB_CONTEXT.length + size);
  whole.set(BLOB_CONTEXT);
  let at = BLOB_CONTEXT.length;
  for (const name of names) {
    const kept = await cache.match(name);
    if (!kept) throw new Error(`${name} is not here`);
    const content = new Uint8Array(await kept.arrayBuffer());
    whole.set(content, at);
    at += content.length;
  }
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", whole));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
