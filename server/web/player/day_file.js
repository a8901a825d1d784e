// The day as a file: saved from here, or brought in from elsewhere.

import { zipSync } from "fflate";
import { takeDay } from "./acting.js";
import { home, tellFailure } from "./game.js";
import { dayAsFile, storeContents } from "./opening.js";

/** Let the browser save everything that is held. */
export async function saveDay() {
  try {
    const content = await dayAsFile();
    download(content, `${(home.value?.name ?? "day").replace(/[^\p{L}\p{N}]+/gu, "-")}-${home.value?.team_number ?? 0}.wayfold`);
  } catch (error) {
    tellFailure(error);
  }
}

/** Save a store that cannot be opened as it is, for somebody who can mend such files; whether that could be done. */
export async function saveStore() {
  try {
    download(zipSync(await storeContents(), { level: 6 }), "wayfold-store.zip");
    return true;
  } catch (error) {
    tellFailure(error);
    return false;
  }
}

/** @param {Uint8Array} content @param {string} name */
function download(content, name) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([new Uint8Array(content)], { type: "application/octet-stream" }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** Take in the file that was chosen. @param {Event} event */
export async function bringDay(event) {
  const field = /** @type {HTMLInputElement} */ (event.currentTarget);
  const file = field.files?.[0];
  if (!file) return;
  await takeDay(new Uint8Array(await file.arrayBuffer()));
  field.value = "";
}
