// Ready for offline: the whole set kept by the service worker, and room for a day on this phone.

import { computed, effect, signal } from "@preact/signals";
import { home, phase } from "./game.js";
import { gathered } from "./media.js";

/** How much of the set is kept, from 0 to 1; 1 once it serves without a network. */
export const kept = signal(0);
/** How much of everything a day offline needs is here, the app and the game's media, from 0 to 1. */
export const ready = computed(() => (home.value?.media.length ? (kept.value + gathered.value) / 2 : kept.value));
/** Bytes this browser still gives the app, null where it does not say. */
export const roomLeft = signal(/** @type {number | null} */ (null));

/** Let the service worker keep the set; a newer one takes over only while no game is joined. */
export async function keepForOffline() {
  estimate();
  if (!navigator.serviceWorker) return;
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kind === "filling" && kept.value < 1) kept.value = Math.min(0.99, data.done / data.total);
  });
  navigator.serviceWorker.startMessages();
  const registration = await navigator.serviceWorker.register("/play/service-worker.js", { scope: "/play/", updateViaCache: "none" });
  const takeOver = () => {
    if (registration.waiting && !home.value && phase.value === "join") registration.waiting.postMessage("take-over");
  };
  registration.addEventListener("updatefound", () => registration.installing?.addEventListener("statechange", takeOver));
  effect(takeOver);
  await navigator.serviceWorker.ready;
  kept.value = 1;
  estimate();
}

async function estimate() {
  const found = await navigator.storage?.estimate?.();
  roomLeft.value = found?.quota === undefined ? null : found.quota - (found.usage ?? 0);
}
