// The screen kept on while playing, where the player wants it: positions stop as soon as it goes dark.

import { signal } from "@preact/signals";

const WANTED = "awake";

/** "refused": wanted, but the phone does not do it now. */
export const awake = signal(/** @type {"off" | "on" | "refused"} */ ("off"));

/** @type {WakeLockSentinel | null} */
let lock = null;

/** Whether this browser can. */
export function canStayAwake() {
  return "wakeLock" in navigator;
}

/** Keep the screen on, or no longer; remembered. @param {boolean} wanted */
export async function stayAwake(wanted) {
  localStorage.setItem(WANTED, String(wanted));
  if (wanted) {
    await hold();
    return;
  }
  await lock?.release();
  lock = null;
  awake.value = "off";
}

/** Go on as the player wanted last; a browser lets go whenever the page is out of sight. */
export function stayAsWanted() {
  if (!canStayAwake()) return;
  const again = () => void (document.visibilityState === "visible" && localStorage.getItem(WANTED) === "true" && hold());
  document.addEventListener("visibilitychange", again);
  again();
}

async function hold() {
  if (lock && !lock.released) return;
  try {
    lock = await navigator.wakeLock.request("screen");
    awake.value = "on";
  } catch {
    awake.value = "refused"; // to save power, or because the page went out of sight meanwhile
  }
}
