// Ready for offline: the whole set kept by the service worker, and room for a day on this phone. And what happens when
// there is a newer set: it waits while a game is in play here and until its result was looked at, and takes over then.

import { computed, effect, signal } from "@preact/signals";
import { failure, home, inPlay, phase, standing } from "./game.js";
import { gathered } from "./media.js";

const LOOK_EVERY_MS = 3_600_000;
const TELL_AGAIN_EVERY_MS = 5_000;

/** How much of the set is kept, from 0 to 1; 1 once it serves without a network. */
export const kept = signal(0);
/** How much of everything a day offline needs is here, the app and the game's media, from 0 to 1. */
export const ready = computed(() => (home.value?.media.length ? (kept.value + gathered.value) / 2 : kept.value));
/** Bytes this browser still gives the app, null where it does not say. */
export const roomLeft = signal(/** @type {number | null} */ (null));
/** Whether a newer version of the app is here: it waits for the game to end, or for this page to be loaded again. */
export const newer = signal(/** @type {"none" | "waits" | "here"} */ ("none"));

/** Whether the result of a game that was played on this page was looked at: nothing is loaded over what was not read yet. */
export const resultSeen = signal(true);
effect(() => {
  if (inPlay.value && standing.value) resultSeen.value = false;
});

/** The score of a finished game was looked at, or is not to be waited for. */
export function seeResult() {
  if (!inPlay.value) resultSeen.value = true;
}

/** Whether a newer set's service worker has this page already, which is of an older one. */
const overtaken = signal(false);
/** Where it is kept for a tab which set it left last. */
const WENT_OVER = "went-over";

/** A page with words in its fields is not loaded again under the player's hands. */
let typed = false;

/** Let the service worker keep the set, and a newer one wait for its time. */
export async function keepForOffline() {
  estimate();
  if (!navigator.serviceWorker) return;
  useSet();
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kind === "filling" && kept.value < 1) kept.value = Math.min(0.99, data.done / data.total);
  });
  navigator.serviceWorker.startMessages();
  const registration = await navigator.serviceWorker.register("/play/service-worker.js", { scope: "/play/", updateViaCache: "none" });
  watchForNewer(registration);
  const active = await navigator.serviceWorker.ready;
  active.active?.postMessage("tidy");
  kept.value = 1;
  estimate();
}

/** Hold this page's set as long as the page lives: the service worker deletes no set whose lock is held. */
function useSet() {
  navigator.locks.request(`wayfold-${document.body.dataset.stamp}`, { mode: "shared" }, () => new Promise(() => undefined));
}

/** @param {ServiceWorkerRegistration} registration */
function watchForNewer(registration) {
  // The first of all waits a moment too, for nobody: only one that would take another's place is newer.
  const newerOne = () => (registration.active ? registration.waiting : null);
  const waiting = signal(newerOne());
  const look = () => (waiting.value = newerOne());
  const follow = () => registration.installing?.addEventListener("statechange", look);
  registration.addEventListener("updatefound", follow);
  follow();
  look();
  const consider = () => {
    if (!waiting.value) return;
    if (mayTakeOver()) waiting.value.postMessage("take-over");
    else newer.value = "waits";
  };
  effect(consider);
  // A worker that was asleep or busy when it was told is told again.
  setInterval(() => (look(), consider()), TELL_AGAIN_EVERY_MS);
  document.addEventListener("input", () => (typed = true));
  // The first service worker of all takes a page over that was loaded without one: that is no newer version.
  let controlled = navigator.serviceWorker.controller !== null;
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    overtaken.value = controlled;
    controlled = true;
  });
  // One that took over while this page was being loaded was heard of by nobody.
  navigator.serviceWorker.addEventListener("message", ({ data }) => {
    if (data.kind === "set" && data.stamp !== document.body.dataset.stamp) overtaken.value = true;
  });
  navigator.serviceWorker.controller?.postMessage("which-set");
  effect(() => void (overtaken.value && goOver()));
  const ask = () => registration.update().catch(() => undefined);
  setInterval(ask, LOOK_EVERY_MS);
  window.addEventListener("online", ask);
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && ask());
}

/** Go over to the set of the service worker that has taken over, once that disturbs nobody; a page that was loaded for it
 * already and is still of another set is not loaded again and again. */
function goOver() {
  const tried = sessionStorage.getItem(WENT_OVER) === document.body.dataset.stamp;
  if (typed || tried || !mayTakeOver()) {
    newer.value = "here";
    return;
  }
  sessionStorage.setItem(WENT_OVER, document.body.dataset.stamp ?? "");
  location.reload();
}

/** No game is in play here, as far as this page can tell; one that could not start may be helped by a newer version. */
function mayTakeOver() {
  if (phase.value === "failed") return failure.value?.code !== "store_locked";
  return phase.value === "join" || (phase.value === "play" && !inPlay.value && resultSeen.value);
}

async function estimate() {
  const found = await navigator.storage?.estimate?.();
  roomLeft.value = found?.quota === undefined ? null : found.quota - (found.usage ?? 0);
}
