// Playing: what is always in sight above, the chosen view, and the four tabs below.

import { h } from "preact";
import { useState } from "preact/hooks";
import { finish, record, start } from "../acting.js";
import { installComesFirst } from "../browsers.js";
import { saveDay } from "../day_file.js";
import { failure, home, inPlay, offered, standing, standingAt, storeKind, told } from "../game.js";
import { gatherProblem } from "../media.js";
import { newer, ready, seeResult } from "../offline.js";
import { Button, Dialog, Told, openDialogs, useNow } from "../parts.js";
import { online, sync, syncState } from "../syncing.js";
import { failureText, ofGame, span, t } from "../words.js";
import { Challenges } from "./challenges.js";
import { Checkpoints } from "./checkpoints.js";
import { Help } from "./help.js";
import { MapView } from "./map.js";
import { WhosePhone } from "./members.js";
import { Score } from "./score.js";

const TABS = /** @type {const} */ (["list", "map", "tasks", "score", "help"]);
const CLOCK_FLAGS = new Set(["clock_differs", "clock_ahead", "clock_behind", "clock_set_back"]);

export function Playing() {
  const [tab, setTab] = useState(/** @type {typeof TABS[number]} */ ("list"));
  const briefing = standing.value?.briefings.find((one) => !one.accepted);
  const [asked, setAsked] = useState(false);
  const found = standing.value;
  if (briefing) return h(Briefing, { briefing });
  if (found && (found.member_needed || (offered.value.length && !found.plays_for.length && !asked))) return h(WhosePhone, { onLater: () => setAsked(true) });
  const go = (/** @type {typeof TABS[number]} */ name) => {
    told.value = null;
    setTab(name);
  };
  const View = { list: Checkpoints, map: MapView, tasks: Challenges, score: Score, help: Help }[tab];
  return h("div", { class: "playing" }, [
    h("div", { class: "top" }, [h(Head, {}), openDialogs.value ? null : h(Told, {})]),
    h("main", { class: `view view-${tab}` }, [h(Handover, {}), h(StartFirst, {}), h(View, {}), tab === "list" ? h(Finish, {}) : null]),
    h("nav", { class: "tabs", "aria-label": t("tabs") }, TABS.map((name) =>
      h("button", { key: name, type: "button", class: "tab", "aria-current": name === tab ? "page" : undefined, onClick: () => go(name) }, [
        t(`tab.${name}`), name === "help" && unread() ? h("span", { class: "badge" }, unread()) : null]))),
  ]);
}

function unread() {
  return standing.value?.messages.filter((one) => !one.read).length ?? 0;
}

/** Score, time left and what is only here; the clock's warning where there is one. */
function Head() {
  const now = useNow();
  const found = standing.value;
  if (!found) return h("header", { class: "head" }, h("h1", { dir: "auto" }, ofGame(home.value?.name ?? "")));
  const { unsent, in_custody: custody } = found.safety;
  return h("header", { class: "head" }, [
    h("div", { class: "head-row" }, [
      h("h1", { dir: "auto" }, ofGame(home.value?.name ?? "")),
      h("span", { class: "team", dir: "auto" }, found.team_name || t("team", { number: found.team_number })),
    ]),
    h("div", { class: "head-row" }, [
      h("strong", { class: "head-score" }, t("points", { count: found.score, points: found.score })),
      h(TimeLeft, { found, now }),
      h("span", { class: unsent ? "unsent" : "sent", id: "ticks" }, unsent ? t("unsent", { count: unsent }) : custody ? `✓ ${t("in_custody")}` : `✓✓ ${t("all_safe")}`),
    ]),
    online.value && syncState.value.problem ? h("p", { class: "head-note" }, unsent ? t("sync.failed", { why: failureText(syncState.value.problem) }) : failureText(syncState.value.problem)) : null,
    online.value ? null : h("p", { class: "head-note" }, t("offline")),
    h("p", { class: "head-note", id: "offline-ready", "data-ready": String(ready.value === 1) }, ready.value === 1 ? `✓ ${t("offline.ready")}` : t("offline.filling", { percent: Math.floor(ready.value * 100) })),
    newer.value === "waits" ? h("p", { class: "head-note", id: "newer", role: "status" }, inPlay.value ? t("newer.waits")
      : [t("newer.after"), " ", h(Button, { onClick: seeResult, children: t("newer.load") })]) : null,
    newer.value === "here" ? h("p", { class: "head-note", id: "newer", role: "status" }, [t("newer.here"), " ",
      h(Button, { onClick: () => location.reload(), children: t("newer.load") })]) : null,
    gatherProblem.value ? h("p", { class: "head-note", id: "media-problem" }, t(gatherProblem.value)) : null,
    found.safety.flags.some((flag) => CLOCK_FLAGS.has(flag)) ? h("p", { class: "problem", role: "alert" }, t("clock_wrong")) : null,
    storeKind.value === "memory" ? h("p", { class: "problem", role: "alert" }, t("safety.memory")) : null,
    storeKind.value === "indexed" ? h("p", { class: "head-note", id: "indexed" }, t("safety.indexed")) : null,
    failure.value ? h("p", { class: "problem", role: "alert" }, failureText(failure.value.code, failure.value.message)) : null,
  ]);
}

/** The time left as staff's decisions have it, as far as they are known here; it stands still in a pause.
 * @param {{ found: import("../game.js").Standing, now: number }} props */
function TimeLeft({ found, now }) {
  if (found.finish_ms !== null) return h("span", null, t(`status.${found.status}`));
  if (found.left_ms === null) return null;
  const left = found.paused ? found.left_ms : found.left_ms - (now - standingAt.value);
  const text = left < 0 ? t("late_by", { time: span(-left) }) : t(found.paused ? "time_paused" : "time_left", { time: span(left) });
  return h("span", { class: left < 0 ? "late" : "", role: "timer" }, text);
}

/** A game joined in a tab of an iPhone or iPad: it is not the app's, and its system may empty it. */
function Handover() {
  const [away, setAway] = useState(false);
  if (away || !installComesFirst()) return null;
  const unsent = standing.value?.safety.unsent ?? 0;
  return h("section", { class: "problem", id: "handover", "aria-label": t("handover.title") }, [
    h("h2", null, t("handover.title")),
    h("p", null, unsent ? t("handover.unsent", { count: unsent }) : t("handover.sent")),
    h("div", { class: "actions" }, [
      unsent ? h(Button, { onClick: () => { sync(); }, disabled: syncState.value.busy, children: syncState.value.busy ? t("sync.busy") : t("sync.now") }) : null,
      unsent ? h(Button, { onClick: saveDay, children: t("help.save") }) : null,
      h(Button, { onClick: () => setAway(true), children: t("handover.stay") }),
    ]),
  ]);
}

/** The team's time, where it starts itself. */
function StartFirst() {
  if (!home.value?.self_start || !standing.value || standing.value.start_ms !== null) return null;
  return h("div", { class: "ask" }, h(Button, { kind: "main", onClick: () => { start(); }, children: t("start") }));
}

/** Below everything else: it ends the game. */
function Finish() {
  const [sure, setSure] = useState(false);
  const found = standing.value;
  if (!found || !home.value?.finish_action || found.finish_ms !== null || found.start_ms === null) return null;
  return h("div", { class: "actions" }, [
    h(Button, { onClick: () => setSure(true), children: t("finish.do") }),
    sure ? h(Dialog, { title: t("finish.do"), onClose: () => setSure(false), children: [h("p", null, t("finish.text")),
      h(Button, { kind: "main", onClick: async () => { await finish(); setSure(false); }, children: t("finish.do") })] }) : null,
  ]);
}

/** A text to be accepted before anything is played, and before the first position is asked for.
 * @param {{ briefing: import("../bridge.d.ts").BriefingView }} props */
function Briefing({ briefing }) {
  const [guardian, setGuardian] = useState(false);
  return h("main", { class: "screen" }, [
    h("h1", { dir: "auto" }, ofGame(home.value?.name ?? "")),
    ofGame(briefing.text).split("\n").map((line, n) => h("p", { key: n, dir: "auto" }, line)),
    briefing.consent ? h("label", { class: "check" }, [
      h("input", { type: "checkbox", checked: guardian, onChange: () => setGuardian(!guardian) }), t("consent.guardian")]) : null,
    h(Button, { kind: "main", onClick: () => { record("consent", { version: briefing.version, at_ms: Date.now(), guardian }); },
      children: briefing.consent ? t("consent.accept") : t("consent.read") }),
    briefing.consent ? h("p", { class: "quiet" }, t("consent.why")) : null,
  ]);
}
