// Sending while the app is not in front, where the browser can (Background Sync: Chromium, over https). The service worker
// runs no Python and cannot send by itself: when the network is back it wakes a page that is still open, which sends.

import { signal } from "@preact/signals";
import { standing } from "./game.js";
import { sync } from "./syncing.js";

const TAG = "events";

/** What TypeScript's types lack of https://wicg.github.io/background-sync/spec/
 * @typedef {ServiceWorkerRegistration & { sync?: { register: (tag: string) => Promise<void> } }} Registration */

/** Whether the browser wakes this page. */
export const background = signal(false);

/** Ask to be woken whenever there is something to send and nobody looks: a page in front sends by itself, and a browser
 * that calls a network a network, with no server behind it, would wake it after every check-in. */
export async function sendInBackground() {
  if (!navigator.serviceWorker) return;
  const { sync: waker } = /** @type {Registration} */ (await navigator.serviceWorker.ready);
  if (!waker) return;
  background.value = await waker.register(TAG).then(
    () => true,
    () => false,
  );
  navigator.serviceWorker.addEventListener("message", ({ data }) => data.kind === "sync-now" && sync());
  document.addEventListener("visibilitychange", () => {
    const leaving = document.visibilityState === "hidden" && standing.value?.safety.unsent;
    if (leaving) waker.register(TAG).catch(() => (background.value = false));
  });
}
