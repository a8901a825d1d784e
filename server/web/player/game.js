// The game on this page: what is known of it, and what a player can do. Screens read the signals and call the functions.

import { batch, computed, signal } from "@preact/signals";
import { CallFailed, Core } from "./calls.js";
import { note, noted } from "./joined.js";
import { answerOtherTabs, dayOfOtherTab } from "./tabs.js";
import { failureText, gameTexts, gameZone, t } from "./words.js";

/** @typedef {import("./bridge.d.ts").Home} Home */
/** @typedef {import("./bridge.d.ts").Standing} Standing */
/** @typedef {import("./bridge.d.ts").Position} Position */
/** @typedef {import("./bridge.d.ts").Near} Near */
/** @typedef {import("./bridge.d.ts").Outcome} Outcome */
/** @typedef {"starting" | "failed" | "taken" | "join" | "play"} Phase */

export const SYNC_EVERY_MS = 30_000;
const REFRESH_EVERY_MS = 10_000;
/** `client_core.game.showing.CheckInBy`: a game whose phones check in by themselves. */
const AUTOMATIC = 1;
const AGAIN_AFTER_MS = 15_000;
const LOCK = "wayfold-store";
const LOCK_PATIENCE_MS = 2_000;
const START_TRIES = 20;

export const phase = signal(/** @type {Phase} */ ("starting"));
export const failure = signal(/** @type {CallFailed | null} */ (null));
export const progress = signal(0);
export const storeKind = signal(/** @type {"opfs" | "indexed" | "memory"} */ ("opfs"));
export const home = signal(/** @type {Home | null} */ (null));
/** The game that was kept here and is not any more, as when a browser made room; null where none was. */
export const lost = signal(/** @type {import("./joined.js").Joined | null} */ (null));
export const standing = signal(/** @type {Standing | null} */ (null));
/** The members of the team with their names, as the node told them at joining; they are kept nowhere. */
export const offered = signal(/** @type {ReadonlyArray<import("./bridge.d.ts").MemberOffered>} */ ([]));
/** When `standing` was read, by this phone's clock. */
export const standingAt = signal(0);
/** Whether a game is being played on this phone: it is not closed, and the team has not finished. */
export const inPlay = computed(() => {
  if (phase.value !== "play" || !home.value) return false;
  return Date.now() < home.value.closes_at_ms && (standing.value?.finish_ms ?? null) === null;
});
export const near = signal(/** @type {ReadonlyArray<Near>} */ ([]));
export const online = signal(navigator.onLine);
/** What the last session came to: a code, "" for well, null before the first. */
export const syncState = signal(/** @type {{ busy: boolean, problem: string | null, at: number }} */ ({ busy: false, problem: null, at: 0 }));
export const told = signal(/** @type {{ text: string, kind: "good" | "bad" | "plain" } | null} */ (null));

/** @type {Core | null} */
let core = null;
/** @type {(() => void) | null} */
let release = null;

/** Become the one tab that has the store, start the worker and see what is in the store.
 * @param {string} base @param {{ steal?: boolean }} [how] */
export async function begin(base, { steal = false } = {}) {
  phase.value = "starting";
  if (!(await takeStore(steal))) {
    phase.value = "taken";
    return;
  }
  try {
    const started = await startCore(base);
    core = started.core;
    storeKind.value = started.store;
    const { home: found } = await core.call("open", {});
    enter(found);
    answerOtherTabs(async () => (core && home.value ? dayAsFile() : null));
  } catch (error) {
    fail(error);
  }
}

/** After a tab was robbed of the store, or a page loaded again, it takes a moment until the old worker's files are free.
 * @param {string} base */
async function startCore(base) {
  for (let tries = START_TRIES; ; tries -= 1) {
    try {
      return await Core.start(base, noted()?.store ?? null, (share) => (progress.value = share));
    } catch (error) {
      if (tries <= 1 || !(error instanceof CallFailed) || error.code !== "store_locked") throw error;
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
      .request(LOCK, options, () => {
        granted = true;
        resolve(true);
        return new Promise((done) => (release = () => done(undefined)));
      })
      .catch(() => {
        resolve(false);
        if (!granted) return;
        // Another tab took over: this one lets go at once.
        core?.stop();
        core = null;
        phase.value = "taken";
      });
  });
}

/** Let another tab have the store. */
export function letGo() {
  core?.stop();
  core = null;
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

/** @param {unknown} error */
function fail(error) {
  failure.value = error instanceof CallFailed ? error : new CallFailed("app_fault", String(error));
  phase.value = "failed";
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

function calling() {
  if (!core) throw new CallFailed("store_taken", "another tab has the store");
  return core;
}

/** @type {import("@preact/signals").Signal<Position | null>} */
export const fix = signal(null);

let refreshing = Promise.resolve();

/** Read how the game stands; one reading at a time. */
export function refresh() {
  refreshing = refreshing.then(async () => {
    if (phase.value !== "play" || !core) return;
    try {
      const at_ms = Date.now();
      const found = await core.call("now", { at_ms, fix: fix.value });
      batch(() => {
        standing.value = found;
        standingAt.value = at_ms;
        near.value = found.near;
      });
      checkInWhereNear();
    } catch (error) {
      if (error instanceof CallFailed && error.code.startsWith("store_")) fail(error);
    }
  });
  return refreshing;
}

let measuring = false;

/** A new fix: distances follow at once, the rest with the next reading.
 * @param {Position} found */
export async function moved(found) {
  fix.value = found;
  if (measuring || phase.value !== "play" || !core) return;
  measuring = true;
  try {
    near.value = (await core.call("near", { fix: found, at_ms: Date.now() })).near;
    checkInWhereNear();
  } catch {
    // The next fix measures again.
  } finally {
    measuring = false;
  }
}

/** Do something that the rules judge, tell what became of it, and let others know.
 * @param {() => Promise<Outcome>} act
 * @returns {Promise<Outcome | null>} */
async function judged(act) {
  told.value = null;
  try {
    const outcome = await act();
    const bad = outcome.reason === "hint_taken" ? "plain" : "bad";
    told.value = { text: outcomeText(outcome), kind: outcome.verdict === "accepted" ? "good" : bad };
    if (outcome.verdict === "accepted") navigator.vibrate?.(80);
    return outcome;
  } catch (error) {
    tellFailure(error);
    return null;
  } finally {
    await refresh();
    soon();
  }
}

/** @param {number} checkpoint @param {string | null} code */
export function checkIn(checkpoint, code) {
  return judged(() => calling().call("check_in", { checkpoint, code, at_ms: Date.now(), fix: fix.value }));
}

/** @param {string} text */
export function scanned(text) {
  return judged(() => calling().call("scan", { text, at_ms: Date.now(), fix: fix.value }));
}

/** Checkpoints that were tried by themselves since the player came there, and when. */
const tried = /** @type {Map<number, number>} */ (new Map());

/** In a game that checks in by itself: once wherever the player is inside, again after a while where the fix was too poor. */
async function checkInWhereNear() {
  const now = standing.value;
  if (home.value?.check_in !== AUTOMATIC || !now || now.finish_ms !== null || (now.start_ms === null && !home.value.self_start)) return;
  for (const { number, inside } of near.value) {
    if (!inside) tried.delete(number);
    else if (!now.visited.includes(number) && Date.now() - (tried.get(number) ?? 0) > AGAIN_AFTER_MS) {
      tried.set(number, Date.now());
      const outcome = await checkIn(number, null);
      if (outcome?.kept) tried.set(number, Infinity);
    }
  }
}

export function start() {
  return judged(() => calling().call("start", { at_ms: Date.now() }));
}

export function finish() {
  return judged(() => calling().call("finish", { at_ms: Date.now() }));
}

/** @param {number} challenge @param {string} text @param {string | null} secret */
export function answer(challenge, text, secret) {
  return judged(() => calling().call("answer", { challenge, text, secret, at_ms: Date.now() }));
}

/** @param {number} challenge @param {number} hint */
export function takeHint(challenge, hint) {
  return judged(() => calling().call("hint", { challenge, hint, at_ms: Date.now() }));
}

/** @param {number} challenge @param {Uint8Array} content */
export function photo(challenge, content) {
  return judged(() => calling().call("photo", { challenge, content, at_ms: Date.now() }));
}

/** Do something that no rule judges.
 * @template {"sos" | "say" | "retire" | "consent" | "read_message" | "open_challenge" | "play_for"} Name
 * @param {Name} name
 * @param {import("./bridge.d.ts").Calls[Name]["asked"]} asked
 * @returns {Promise<boolean>} */
export async function record(name, asked) {
  try {
    await calling().call(name, asked);
    return true;
  } catch (error) {
    tellFailure(error);
    return false;
  } finally {
    await refresh();
    soon();
  }
}

export function explain() {
  return calling().call("explain", {});
}

/** Take in a day that was saved as a file: here, in another tab, or by somebody else of the game.
 * @param {Uint8Array} content */
export async function takeDay(content) {
  try {
    const { received } = await calling().call("import", { content });
    told.value = { text: t("help.brought", { count: received }), kind: "good" };
  } catch (error) {
    tellFailure(error);
  } finally {
    await refresh();
    soon();
  }
}

/** All that is held, as a file's bytes; asked of the tab that has the store where that is another one. */
export async function dayAsFile() {
  return core ? (await core.call("export", {})).content : dayOfOtherTab();
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

/** @param {unknown} error */
export function tellFailure(error) {
  const code = error instanceof CallFailed ? error.code : "app_fault";
  told.value = { text: failureText(code, String(/** @type {any} */ (error).message)), kind: "bad" };
}

/** What became of an action, for the player.
 * @param {Outcome} outcome */
export function outcomeText(outcome) {
  if (outcome.verdict === "accepted" && outcome.points === 0) return t("saved");
  if (outcome.verdict === "accepted") return t("accepted", { count: outcome.points, points: outcome.points });
  const kept = outcome.kept && outcome.verdict === "refused" ? ` ${t("kept_for_staff")}` : "";
  return `${reasonText(outcome.reason, outcome.values, outcome.accuracy_mm)}${kept}`;
}

/** A reason of the rule book with its values.
 * @param {string} reason @param {ReadonlyArray<number>} values @param {number | null} accuracyMm */
export function reasonText(reason, values, accuracyMm = null) {
  const [a = 0, b = 0] = values;
  const m = (/** @type {number} */ mm) => Math.ceil(mm / 1000);
  const words = { a, b, a_m: m(a), b_m: m(b), a_s: m(a), b_s: m(b), accuracy_m: m(accuracyMm ?? 0) };
  const polygon = reason === "outside_fence" && b === 0;
  const key = `reason.${reason}${polygon ? ".area" : ""}${reason === "outside_fence" && accuracyMm !== null ? ".fix" : ""}`;
  return t(key, words);
}

// --- Sync: by timer, when the network or the page comes back, and after every action; it never blocks play ---

let failures = 0;
/** @type {number | undefined} */
let timer;

/** One session, and the photos behind it. */
export async function sync() {
  clearTimeout(timer);
  if (phase.value !== "play" || !core || syncState.value.busy) return;
  syncState.value = { ...syncState.value, busy: true };
  let problem = "";
  let wait = SYNC_EVERY_MS;
  try {
    problem = await overUpstreams();
    failures = 0;
  } catch (error) {
    problem = error instanceof CallFailed ? error.code : "app_fault";
    failures += 1;
    // Full jitter, so that a thousand phones do not come back at once.
    wait = Math.max(error instanceof CallFailed ? error.retryAfterMs : 0, Math.random() * Math.min(300_000, SYNC_EVERY_MS * 2 ** failures));
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

/** A session in a moment: several actions at once make one. */
function soon() {
  clearTimeout(timer);
  timer = setTimeout(sync, 300);
}

/** Begin to keep the game current. */
export function keepCurrent() {
  setInterval(refresh, REFRESH_EVERY_MS);
  window.addEventListener("online", () => ((online.value = true), sync()));
  window.addEventListener("offline", () => (online.value = false));
  document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && sync());
  sync();
}
