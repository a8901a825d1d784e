// What takes longest begins first: the worker with Python, while the page's other modules and its words are still coming.

import { appToLeave } from "./browsers.js";
import { Core } from "./calls.js";
import { storeIsFree } from "./tabs.js";

const BASE = new URL("./", import.meta.url).href;

/** The worker, or null where it is likely to be for nothing: another tab has the store, or this is not the place to play. */
export const begunEarly = begin().catch(() => null);

async function begin() {
  if (!("Worker" in window) || !navigator.locks || appToLeave() !== null) return null;
  const core = new Core(BASE);
  if (await storeIsFree()) return core;
  core.stop();
  return null;
}
