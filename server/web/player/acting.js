// What a player can do: judged by the rules on this phone, kept, told, and sent with the next session.

import { calling, fix, refresh, tellFailure, told } from "./game.js";
import { outcomeText } from "./outcomes.js";
import { soon } from "./syncing.js";
import { t } from "./words.js";

/** @typedef {import("./bridge.d.ts").Outcome} Outcome */

/** So long what was told last stays while something is judged: nearly always it is replaced before, in one drawing. */
const PATIENCE_MS = 150;

/** Do something that the rules judge, tell what became of it, and let others know.
 * @param {() => Promise<Outcome>} act
 * @returns {Promise<Outcome | null>} */
async function judged(act) {
  const clearing = setTimeout(() => (told.value = null), PATIENCE_MS);
  try {
    const outcome = await act();
    clearTimeout(clearing);
    const bad = outcome.reason === "hint_taken" ? "plain" : "bad";
    told.value = { text: outcomeText(outcome), kind: outcome.verdict === "accepted" ? "good" : bad };
    if (outcome.verdict === "accepted") navigator.vibrate?.(80);
    return outcome;
  } catch (error) {
    clearTimeout(clearing);
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
 * @template {"sos" | "say" | "report" | "retire" | "consent" | "read_message" | "open_challenge" | "play_for"} Name
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
