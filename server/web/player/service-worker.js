// Keeps one hashed set whole and serves it without a network. A new version is fetched beside the old one and waits until
// a page says that no game is in play. Pages that were opened before go on with theirs: a set stays as long as a page
// holds the lock of its name.

const STAMP = "{stamp}";
const FILES = "{files}";
const PREFIX = "wayfold-";
const CACHE = PREFIX + STAMP;
const SHELL = "/play/";
const AT_ONCE = 6;

self.addEventListener("install", (event) => event.waitUntil(fill()));

async function fill() {
  const cache = await caches.open(CACHE);
  await put(cache, SHELL);
  const names = Object.keys(FILES);
  const total = Object.values(FILES).reduce((sum, size) => sum + size, 0);
  let done = 0;
  for (let at = 0; at < names.length; at += AT_ONCE) {
    const some = names.slice(at, at + AT_ONCE);
    await Promise.all(some.map((name) => put(cache, `/play/set/${STAMP}/${name}`)));
    done += some.reduce((sum, name) => sum + FILES[name], 0);
    await tell({ kind: "filling", done, total });
  }
}

/** Tell every page how far this is. */
async function tell(message) {
  for (const client of await self.clients.matchAll({ includeUncontrolled: true })) client.postMessage(message);
}

/** Fetch a file into the cache, unless it is there. */
async function put(cache, path) {
  if (await cache.match(path)) return;
  const response = await fetch(path, { cache: path === SHELL ? "no-cache" : "default" });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  await cache.put(path, response);
}

self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim().then(tidy)));

/** Delete the sets that no page uses; one that is on its way in is used by nobody yet. */
async function tidy() {
  const names = await caches.keys();
  const { held } = await navigator.locks.query();
  const used = new Set([CACHE, ...held.map((lock) => lock.name)]);
  if (self.registration.installing || self.registration.waiting) return;
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && !used.has(name)).map((name) => caches.delete(name)));
}

self.addEventListener("message", (event) => {
  if (event.data === "take-over") event.waitUntil(self.skipWaiting());
  if (event.data === "tidy") event.waitUntil(tidy());
  if (event.data === "which-set") event.source.postMessage({ kind: "set", stamp: STAMP });
});

// The network is back: pages that are still open send what waits (this worker has no Python to do it without one).
self.addEventListener("sync", (event) => event.waitUntil(tell({ kind: "sync-now" })));

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith(SHELL)) return;
  if (url.pathname.startsWith("/play/map/")) return;
  event.respondWith(answer(event.request, url));
});

/** The page is always of this worker's set; a part of a set comes from whichever cache has it. */
async function answer(request, url) {
  const found = request.mode === "navigate" ? await (await caches.open(CACHE)).match(SHELL) : await caches.match(url.pathname);
  return found ?? fetch(request);
}
