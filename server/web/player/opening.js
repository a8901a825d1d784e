// Opening: becoming the one tab that has the store, joining, and leaving.

import { CallFailed } from "./calls.js";
import { calling, fail, held, hold, home, lost, offered, phase, progress, refresh, standing, storeKind } from "./game.js";
import { note, noted } from "./joined.js";
import { sync } from "./syncing.js";
import { STORE_LOCK, answerOtherTabs, dayOfOtherTab } from "./tabs.js";
import { gameTexts, gameZone } from "./words.js";

/** @typedef {import("./bridge.d.ts").Home} Home */
/** @typedef {import("./calls.js").Core} Core */

const LOCK_PATIENCE_MS = 2_000;
const START_TRIES = 20;

/** @type {(() => void) | null} */
let release = null;

/** Become the one tab that has the store, start the worker and see what is in the store.
 * @param {Core} core @param {{ steal?: boolean }} [how] */
export async function begin(core, { steal = false } = {}) {
  phase.value = "starting";
  if (!(await takeStore(steal))) {
    core.stop();
    phase.value = "taken";
    return;
  }
  try {
    storeKind.value = await openStore(core);
    hold(core);
    const { home: found } = await core.call("open", {});
    enter(found);
    answerOtherTabs(async () => (held() && home.value ? dayAsFile() : null));
  } catch (error) {
    fail(error);
  }
}

/** After a tab was robbed of the store, or a page loaded again, it takes a moment until the old worker's files are free.
 * @param {Core} core */
async function openStore(core) {
  for (let tries = START_TRIES; ; tries -= 1) {
    try {
      return await core.start(noted()?.store ?? null, (share) => (progress.value = share));
    } catch (error) {
      if (tries <= 1 || !(error instanceof CallFailed) || error.code !== "store_locked") {
        core.stop();
        throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 250));
    }
  }
}

/** @param {boolean} steal
 * @returns {Promise<boolean>} */
function takeStore(steal) {
  return new Promise((resolve) => {
    let granted = false;
    // A page that was loaded again waits for what it was before; a real second tab does not let go.
    const options = steal ? { steal: true } : { signal: AbortSignal.timeout(LOCK_PATIENCE_MS) };
    navigator.locks
      .request(STORE_LOCK, options, () => {
        granted = true;
        resolve(true);
        return new Promise((done) => (release = () => done(undefined)));
      })
      .catch(() => {
        resolve(false);
        if (!granted) return;
        // Another tab took over: this one lets go at once.
        hold(null);
        phase.value = "taken";
      });
  });
}

/** Let another tab have the store. */
export function letGo() {
  hold(null);
  release?.();
}

/** @param {Home | null} found @param {string} [address] where it was joined */
function enter(found, address = "") {
  home.value = found;
  gameTexts.value = found?.texts ?? {};
  gameZone.value = found?.time_zone ?? "";
  phase.value = found ? "play" : "join";
  lost.value = found ? null : noted();
  if (!found) return;
  note({ name: found.name, address: address || (noted()?.address ?? ""), store: storeKind.value });
  refresh();
}

/** @param {string} url @param {string} code @param {string} teamName */
export async function join(url, code, teamName) {
  const { home: found, offered: members } = await calling().call("join", { url, code, team_name: teamName, public_key: new Uint8Array(32) });
  offered.value = members;
  // Not waited for: some browsers ask the player first, who may never answer.
  navigator.storage?.persist?.().catch(() => undefined);
  enter(found, url);
  await sync();
}

/** All that is held, as a file's bytes; asked of the tab that has the store where that is another one. */
export async function dayAsFile() {
  return held() ? (await calling().call("export", {})).content : dayOfOtherTab();
}

/** The store's files as they are: what is left to save where the store cannot be opened. */
export function storeContents() {
  return calling().contents();
}

/** Erase the store, the keys and the game from this browser. */
export async function leave() {
  await calling().erase();
  letGo();
  localStorage.clear();
  home.value = standing.value = null;
}
