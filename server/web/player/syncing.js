// Sync: by timer, when the network or the page comes back, and after every action; it never blocks play.

import { signal } from "@preact/signals";
import { CallFailed } from "./calls.js";
import { calling, held, home, phase, refresh, standing } from "./game.js";

export const SYNC_EVERY_MS = 30_000;
const REFRESH_EVERY_MS = 10_000;
const SOON_MS = 300;
const SOON_AGAIN_MS = 5_000;

export const online = signal(navigator.onLine);
/** What the last session came to: a code, "" for well, null before the first. */
export const syncState = signal(/** @type {{ busy: boolean, problem: string | null, at: number }} */ ({ busy: false, problem: null, at: 0 }));

let failures = 0;
/** Until then a node asked not to be called. */
let notBefore = 0;
/** @type {number | undefined} */
let timer;

/** One session, and the photos behind it. */
export async function sync() {
  clearTimeout(timer);
  if (phase.value !== "play" || !held() || syncState.value.busy) return;
  syncState.value = { ...syncState.value, busy: true };
  let problem = "";
  let wait = SYNC_EVERY_MS;
  try {
    problem = await overUpstreams();
    failures = 0;
  } catch (error) {
    problem = error instanceof CallFailed ? error.code : "app_fault";
    failures += 1;
    notBefore = Date.now() + (error instanceof CallFailed ? error.retryAfterMs : 0);
    // Full jitter, so that a thousand phones do not come back at once.
    wait = Math.max(notBefore - Date.now(), Math.random() * Math.min(300_000, SYNC_EVERY_MS * 2 ** failures));
  }
  syncState.value = { busy: false, problem, at: Date.now() };
  timer = setTimeout(sync, wait);
  await refresh();
}

/** A session with the first upstream that answers; its problem, "" for none. */
async function overUpstreams() {
  const urls = home.value?.upstreams ?? [];
  let last = /** @type {unknown} */ (new CallFailed("upstream_down", "no upstream is known"));
  for (const url of urls) {
    try {
      const synced = await calling().call("sync", { url });
      if (standing.value?.photos_waiting) await calling().call("send_photos", { url });
      return synced.converged ? "" : synced.problem || "not_converged";
    } catch (error) {
      last = error;
    }
  }
  throw last;
}

/** A session in a moment: several actions at once make one. Where the last one failed it waits longer, so that somebody
 * who plays without a network is not kept waiting by tries; a network that comes back is told of at once. */
export function soon() {
  clearTimeout(timer);
  timer = setTimeout(sync, Math.max(failures ? SOON_AGAIN_MS : SOON_MS, notBefore - Date.now()));
}

/** Begin to keep the game current. */
export function keepCurrent() {
  setInterval(refresh, REFRESH_EVERY_MS);
  window.addEventListener("online", () => ((online.value = true), sync()));
  window.addEventListener("offline", () => (online.value = false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sync());
  sync();
}
