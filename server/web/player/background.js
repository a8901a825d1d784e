// Sending while the app is not in front, where the browser can (Background Sync: Chromium, over https). The service worker
// runs no Python and cannot send by itself: when the network is back it wakes a page that is still open, which sends.

import { computed, effect, signal } from "@preact/signals";
import { standing } from "./game.js";
import { sync } from "./syncing.js";

const TAG = "events";

/** What TypeScript's types lack of https://wicg.github.io/background-sync/spec/
 * @typedef {ServiceWorkerRegistration & { sync?: { register: (tag: string) => Promise<void> } }} Registration */

/** Whether the browser wakes this page. */
export const background = signal(false);

/** Ask to be woken whenever there is something to send. */
export async function sendInBackground() {
  if (!navigator.serviceWorker) return;
  const { sync: waker } = /** @type {Registration} */ (await navigator.serviceWorker.ready);
  if (!waker) return;
  background.value = true;
  navigator.serviceWorker.addEventListener("message", ({ data }) => data.kind === "sync-now" && sync());
  const unsent = computed(() => standing.value?.safety.unsent ?? 0);
  effect(() => {
    if (unsent.value) waker.register(TAG).catch(() => (background.value = false));
  });
}
