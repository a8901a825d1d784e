// The game on this page: what is known of it. Screens read the signals; what a player does with it is in `acting.js`.

import { batch, computed, signal } from "@preact/signals";
import { CallFailed } from "./calls.js";
import { failureText } from "./words.js";

/** @typedef {import("./calls.js").Core} Core */
/** @typedef {import("./bridge.d.ts").Home} Home */
/** How the game stands, with all checkpoints that may be seen: those that did not change are the objects of before.
 * @typedef {import("./bridge.d.ts").Standing & { checkpoints: ReadonlyArray<import("./bridge.d.ts").CheckpointView> }} Standing */
/** @typedef {import("./bridge.d.ts").Position} Position */
/** @typedef {import("./bridge.d.ts").Near} Near */
/** @typedef {"starting" | "failed" | "taken" | "join" | "play"} Phase */

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
export const told = signal(/** @type {{ text: string, kind: "good" | "bad" | "plain" } | null} */ (null));

/** @type {import("@preact/signals").Signal<Position | null>} */
export const fix = signal(null);

/** @type {Core | null} */
let core = null;

/** The store and the rule book are here from now on, or, with null, no longer. @param {Core | null} started */
export function hold(started) {
  core?.stop();
  core = started;
}

/** The core, or null where this tab has none. */
export function held() {
  return core;
}

/** The core; throws `CallFailed` where this tab has none. */
export function calling() {
  if (!core) throw new CallFailed("store_taken", "another tab has the store");
  return core;
}

let refreshing = Promise.resolve();

/** Read how the game stands; one reading at a time. */
export function refresh() {
  refreshing = refreshing.then(async () => {
    if (phase.value !== "play" || !core) return;
    try {
      const at_ms = Date.now();
      const before = standing.value;
      const found = await core.call("now", { at_ms, fix: fix.value, checkpoints_known: before?.checkpoints_version ?? 0 });
      batch(() => {
        standing.value = { ...found, checkpoints: found.checkpoints ?? before?.checkpoints ?? [] };
        standingAt.value = at_ms;
        near.value = found.near;
      });
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
  } catch {
    // The next fix measures again.
  } finally {
    measuring = false;
  }
}

/** Nothing can be played: say why. @param {unknown} error */
export function fail(error) {
  failure.value = error instanceof CallFailed ? error : new CallFailed("app_fault", String(error));
  phase.value = "failed";
}

/** Tell the player that something did not work. @param {unknown} error */
export function tellFailure(error) {
  const code = error instanceof CallFailed ? error.code : "app_fault";
  told.value = { text: failureText(code, String(/** @type {any} */ (error).message)), kind: "bad" };
}
