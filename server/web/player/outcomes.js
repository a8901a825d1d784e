// What became of an action, in words: the rule book answers with codes and their values.

import { t } from "./words.js";

/** @typedef {import("./bridge.d.ts").Outcome} Outcome */

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
