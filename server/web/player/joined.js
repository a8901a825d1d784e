// A note beside the store of which game this browser holds and in what kind of store. Browsers that need room delete a
// site's files and databases, and leave such notes: with it the player is told what happened.

const NAME = "joined";

/** @typedef {{ name: string, address: string, store: string }} Joined */

/** @returns {Joined | null} */
export function noted() {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "null");
  } catch {
    return null;
  }
}

/** @param {Joined} joined */
export function note(joined) {
  try {
    localStorage.setItem(NAME, JSON.stringify(joined));
  } catch {
    // Without the note the app plays all the same.
  }
}
