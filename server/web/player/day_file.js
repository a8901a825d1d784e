// The day as a file: saved from here, or brought in from elsewhere.

import { dayAsFile, home, takeDay, tellFailure } from "./game.js";

/** Let the browser save everything that is held. */
export async function saveDay() {
  try {
    const content = await dayAsFile();
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([new Uint8Array(content)], { type: "application/octet-stream" }));
    link.download = `${(home.value?.name ?? "day").replace(/[^\p{L}\p{N}]+/gu, "-")}-${home.value?.team_number ?? 0}.wayfold`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
  } catch (error) {
    tellFailure(error);
  }
}

/** Take in the file that was chosen. @param {Event} event */
export async function bringDay(event) {
  const field = /** @type {HTMLInputElement} */ (event.currentTarget);
  const file = field.files?.[0];
  if (!file) return;
  await takeDay(new Uint8Array(await file.arrayBuffer()));
  field.value = "";
}
