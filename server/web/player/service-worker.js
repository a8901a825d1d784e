// Keeps one hashed set whole and serves it without a network. A new version is fetched beside the old one and waits until
// a page says that no game is in play; the old set stays until nothing uses it.

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

self.addEventListener("activate", (event) => event.waitUntil(tidy()));

async function tidy() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(PREFIX) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

self.addEventListener("message", (event) => {
  if (event.data === "take-over") self.skipWaiting();
});

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== location.origin || !url.pathname.startsWith(SHELL)) return;
  if (url.pathname.startsWith("/play/map/")) return;
  event.respondWith(answer(event.request, url));
});

async function answer(request, url) {
  const cache = await caches.open(CACHE);
  const path = request.mode === "navigate" ? SHELL : url.pathname;
  return (await cache.match(path)) ?? fetch(request);
}
