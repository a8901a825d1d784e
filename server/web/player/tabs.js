// One tab has the store; another one that wants the day as a file asks it here.

import { CallFailed } from "./calls.js";

/** The lock that the tab holds which has the store. */
export const STORE_LOCK = "wayfold-store";
const CHANNEL = "wayfold-day";
const PATIENCE_MS = 10_000;

/** @type {BroadcastChannel | null} */
let answering = null;

/** Whether no other tab has the store, as far as can be said before it is taken. */
export async function storeIsFree() {
  const { held } = await navigator.locks.query();
  return !held?.some((lock) => lock.name === STORE_LOCK);
}

/** Answer other tabs that ask for the day, as long as this one has it.
 * @param {() => Promise<Uint8Array | null>} day */
export function answerOtherTabs(day) {
  answering ??= new BroadcastChannel(CHANNEL);
  answering.onmessage = async ({ data }) => {
    if (data.kind !== "wanted") return;
    const content = await day().catch(() => null);
    if (content) answering?.postMessage({ kind: "day", content });
  };
}

/** The day as the tab has it that has the store. Rejects with `CallFailed` (`tab_silent`) where none answers.
 * @returns {Promise<Uint8Array>} */
export function dayOfOtherTab() {
  const channel = new BroadcastChannel(CHANNEL);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      channel.close();
      reject(new CallFailed("tab_silent", "the tab that has the game does not answer"));
    }, PATIENCE_MS);
    channel.onmessage = ({ data }) => {
      if (data.kind !== "day") return;
      clearTimeout(timer);
      channel.close();
      resolve(data.content);
    };
    channel.postMessage({ kind: "wanted" });
  });
}
