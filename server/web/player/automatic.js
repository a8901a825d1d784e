// A game in which phones check in by themselves: once wherever the player is inside.

import { effect, untracked } from "@preact/signals";
import { checkIn } from "./acting.js";
import { home, near, standing } from "./game.js";

/** `client_core.game.showing.CheckInBy`: a game whose phones check in by themselves. */
const AUTOMATIC = 1;
const AGAIN_AFTER_MS = 15_000;

/** Look with every fix and every reading of how the game stands. */
export function checkInByItself() {
  effect(() => {
    const [now, places] = [standing.value, near.value];
    untracked(() => void checkInWhereNear(now, places));
  });
}

/** Checkpoints that were tried by themselves since the player came there, and when. */
const tried = /** @type {Map<number, number>} */ (new Map());

/** In a game that checks in by itself: once wherever the player is inside, again after a while where the fix was too poor.
 * @param {import("./game.js").Standing | null} now @param {ReadonlyArray<import("./bridge.d.ts").Near>} places */
async function checkInWhereNear(now, places) {
  if (home.value?.check_in !== AUTOMATIC || !now || now.finish_ms !== null || (now.start_ms === null && !home.value.self_start)) return;
  for (const { number, inside } of places) {
    if (!inside) tried.delete(number);
    else if (!now.visited.includes(number) && Date.now() - (tried.get(number) ?? 0) > AGAIN_AFTER_MS) {
      tried.set(number, Date.now());
      const outcome = await checkIn(number, null);
      if (outcome?.kept) tried.set(number, Infinity);
    }
  }
}
