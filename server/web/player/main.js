// The page: words first, then what this browser can do, then the store and the game.

import { h, render } from "preact";
import { useState } from "preact/hooks";
import { effect } from "@preact/signals";
import { checkInByItself } from "./automatic.js";
import { stayAsWanted } from "./awake.js";
import { sendInBackground } from "./background.js";
import { appToLeave, stayInApp } from "./browsers.js";
import { Core } from "./calls.js";
import { collect } from "./collector.js";
import { saveDay, saveStore } from "./day_file.js";
import { begunEarly } from "./early.js";
import { failure, held, phase, progress, told } from "./game.js";
import { gather } from "./media.js";
import { keepForOffline, ready } from "./offline.js";
import { begin, leave } from "./opening.js";
import { Button } from "./parts.js";
import { OutOfTheApp } from "./screens/before.js";
import { Joining } from "./screens/joining.js";
import { Playing } from "./screens/playing.js";
import { keepCurrent } from "./syncing.js";
import { chooseLanguage, failureText, t } from "./words.js";

const BASE = new URL("./", import.meta.url).href;
/** So long a start may keep the service worker waiting: an app that does not start must be replaced by a newer one. */
const KEEP_AFTER_MS = 15_000;
/** Twice: what one round of a collector lets go of, the next can give back. */
const COLLECT_AFTER_MS = [200, 1_500];

/** What the browser lacks that nothing can replace, as a word's key; "" where it has all. */
async function lacking() {
  if (!window.isSecureContext) return "lacks.secure";
  if (!("Worker" in window) || !navigator.locks) return "lacks.workers";
  try {
    await crypto.subtle.generateKey({ name: "Ed25519" }, false, ["sign", "verify"]);
  } catch {
    return "lacks.keys";
  }
  return "";
}

/** A store that cannot be opened: saved as it is first, then the phone is erased to join again. */
function Damaged() {
  const [saved, setSaved] = useState(false);
  const erase = async () => {
    await leave();
    location.reload();
  };
  return h("div", { class: "actions" }, [
    h(Button, { kind: saved ? "plain" : "main", onClick: async () => setSaved(await saveStore()), children: t("help.save") }),
    saved ? h("p", { class: "good", role: "status" }, t("damaged.saved")) : null,
    h(Button, { kind: "danger", disabled: !saved, onClick: erase, children: t("help.leave") }),
    told.value ? h("p", { class: "problem", role: "alert" }, told.value.text) : null,
  ]);
}

function App() {
  switch (phase.value) {
    case "join":
      return h(Joining, {});
    case "play":
      return h(Playing, {});
    case "taken":
      return h("main", { class: "screen" }, [h("h1", null, t("taken.title")), h("p", null, t("taken.text")),
        h(Button, { kind: "main", onClick: () => { begin(new Core(BASE), { steal: true }); }, children: t("taken.here") }),
        h(Button, { onClick: saveDay, children: t("help.save") }),
        told.value ? h("p", { class: "problem", role: "alert" }, told.value.text) : null]);
    case "failed": {
      const code = failure.value?.code ?? "app_fault";
      const damaged = code === "store_corrupt";
      return h("main", { class: "screen" }, [h("h1", null, t(damaged ? "damaged.title" : "failed.title")),
        h("p", { class: "problem", role: "alert" }, failureText(code, failure.value?.message)),
        damaged ? h(Damaged, {}) : null,
        h("div", { class: "actions" }, h(Button, { kind: damaged ? "plain" : "main", onClick: () => location.reload(), children: t("again") }))]);
    }
    default:
      return h("main", { class: "starting" }, [h("h1", null, "Wayfold"), h("p", { role: "status" }, t("starting")),
        h("progress", { max: 1, value: progress.value, "aria-label": t("starting") })]);
  }
}

/** In the browser of another app nothing is begun before the player has read what that means, or has said so before. */
async function leaveOtherApps() {
  const app = appToLeave();
  if (app === null) return;
  await new Promise((stay) => show(h(OutOfTheApp, { app, onStay: () => stay(undefined) })));
  stayInApp();
}

/** @param {import("preact").ComponentChild} screen */
function show(screen) {
  render(screen, /** @type {HTMLElement} */ (document.getElementById("app")));
}

async function open() {
  await chooseLanguage(BASE);
  await leaveOtherApps();
  show(h(App, {}));
  const lack = await lacking();
  const early = await begunEarly;
  if (lack) {
    early?.stop();
    show(h("main", { class: "screen" }, [h("h1", null, "Wayfold"), h("p", { class: "problem", role: "alert" }, t(lack))]));
    return;
  }
  // The game first: what the service worker fetches for later would take a slow phone's time from it.
  const begun = begin(early ?? new Core(BASE));
  Promise.race([begun, new Promise((passed) => setTimeout(passed, KEEP_AFTER_MS))]).then(keepForOffline);
  await begun;
  effect(() => {
    if (ready.value === 1) COLLECT_AFTER_MS.forEach((afterMs) => setTimeout(collectAll, afterMs));
  });
  let current = false;
  effect(() => {
    if (phase.value === "play" && !current) {
      current = true;
      keepCurrent();
      checkInByItself();
      gather();
      stayAsWanted();
      sendInBackground();
    }
  });
}

function collectAll() {
  collect();
  held()?.collect();
}

open();
