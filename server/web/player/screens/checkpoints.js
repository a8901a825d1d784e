// The list: every checkpoint that may be seen, the nearest first, with distance and bearing. Needs no WebGL.

import { h } from "preact";
import { useState } from "preact/hooks";
import { checkIn } from "../acting.js";
import { awake, canStayAwake, stayAwake } from "../awake.js";
import { bearing, compassPoint } from "../bearings.js";
import { ahead, compass, hasCompass, turnedBy, useCompass } from "../compass.js";
import { fix, home, near, standing } from "../game.js";
import { Button, Dialog, Field } from "../parts.js";
import { locate, locating } from "../places.js";
import { metres, ofGame, t } from "../words.js";
import { PlaceFacts, tagOf } from "./place_facts.js";
import { CheckInScanner } from "./scanning.js";
import { TagScanner, readsTags } from "./tags.js";

/** @typedef {import("../bridge.d.ts").CheckpointView} CheckpointView */

export function Checkpoints() {
  const [open, setOpen] = useState(/** @type {number | null} */ (null));
  const found = standing.value;
  if (!found) return h("p", { class: "quiet" }, t("loading"));
  const away = new Map(near.value.map((one) => [one.number, one]));
  const visited = new Set(found.visited);
  const now = Date.now();
  const order = [...found.checkpoints].sort(
    (a, b) => Number(b.plays) - Number(a.plays)
      || (away.get(a.number)?.distance_mm ?? Infinity) - (away.get(b.number)?.distance_mm ?? Infinity) || a.number - b.number,
  );
  const chosen = order.find((one) => one.number === open);
  return h("section", { "aria-label": t("tab.list") }, [
    h(Locating, {}),
    h("ul", { class: "checkpoints" }, order.map((one) => {
      const here = away.get(one.number);
      return h(Row, { key: one.number, checkpoint: one, visited: visited.has(one.number), distance: here?.distance_mm ?? null, inside: here?.inside ?? false, tag: tagOf(one, now), onOpen: setOpen });
    })),
    chosen ? h(OneCheckpoint, { checkpoint: chosen, onClose: () => setOpen(null) }) : null,
  ]);
}

/** A checkpoint of the list. It is drawn again when one of these or the own position changes, not with every look at the game.
 * @param {{ checkpoint: CheckpointView, visited: boolean, distance: number | null, inside: boolean, tag: string, onOpen: (number: number) => void }} props */
function Row({ checkpoint, visited, distance, inside, tag, onOpen }) {
  const { number, code, name, points, finish } = checkpoint;
  const away = distance === null ? undefined : { number, distance_mm: distance, inside };
  return h("li", null,
    h("button", { type: "button", class: `checkpoint ${visited ? "visited" : ""} ${inside ? "inside" : ""}`, onClick: () => onOpen(number) }, [
      h(Arrow, { checkpoint }),
      h("span", { class: "checkpoint-name" }, [h("strong", null, code), name && name !== code ? ` ${ofGame(name)}` : "",
        finish ? h("span", { class: "tag" }, t("finish")) : null, tag ? h("span", { class: "tag" }, tag) : null]),
      h("span", { class: "checkpoint-away" }, visited ? `✓ ${t("visited")}` : awayText(checkpoint, away)),
      h("span", { class: "checkpoint-points" }, t("points", { count: points, points })),
    ]));
}

/** How far a checkpoint is and in which direction. @param {CheckpointView} checkpoint
 * @param {import("../bridge.d.ts").Near | undefined} one */
function awayText(checkpoint, one) {
  if (!one) return "";
  if (one.inside) return t("here");
  const degrees = bearingOf(checkpoint);
  return degrees === null ? metres(one.distance_mm) : t("away", { distance: metres(one.distance_mm), direction: t(`compass.${compassPoint(degrees)}`) });
}

/** From here, clockwise from north; null where it is not known or the game does not show it. @param {CheckpointView} checkpoint */
function bearingOf({ lon_e7, lat_e7 }) {
  const here = home.value?.distances ? fix.value : null;
  return here && lon_e7 !== null && lat_e7 !== null ? bearing(here, { lon_e7, lat_e7 }) : null;
}

/** Where to go from here: straight up is ahead, or north where nothing says what is ahead. The words beside it tell the
 * same. @param {{ checkpoint: CheckpointView }} props */
function Arrow({ checkpoint }) {
  const degrees = bearingOf(checkpoint);
  if (degrees === null) return h("span", { class: "arrow" }, "·");
  return h("span", { class: "arrow", "aria-hidden": "true" },
    h("svg", { viewBox: "-12 -12 24 24", width: 28, height: 28 },
      h("path", { d: "M0-10 7 8 0 4-7 8Z", fill: "currentColor", transform: `rotate(${Math.round(degrees - ahead.value)})` })));
}

/** The own position, the compass and the screen: what is on, and what can be had. */
function Locating() {
  const state = locating.value;
  if (state === "denied" || state === "missing") return h("p", { class: "problem" }, t(`fix.${state}`));
  if (state === "waiting") return h("p", { class: "quiet", role: "status" }, t("fix.waiting"));
  if (state === "off") return h("div", { class: "ask" }, [h("p", null, [t("fix.ask"), " ", t("awake.text")]), h(Button, { kind: "main", onClick: locate, children: t("fix.allow") })]);
  const accuracy = fix.value?.accuracy_mm;
  const turned = compass.value === "denied" && turnedBy.value === "north" ? "denied" : turnedBy.value;
  return h("details", { class: "locating" }, [
    h("summary", null, accuracy === null || accuracy === undefined ? t("fix.unknown") : t("fix.good", { m: Math.ceil(accuracy / 1000) })),
    h("p", { class: "quiet" }, t("awake.text")),
    canStayAwake() ? h(Awake, {}) : null,
    home.value?.distances ? h("p", { class: "quiet", id: "turned-by" }, t(`compass.by_${turned}`)) : null,
    home.value?.distances && hasCompass() && compass.value === "off" ? h(Button, { onClick: () => { useCompass(); }, children: t("compass.use") }) : null,
  ]);
}

function Awake() {
  const wanted = awake.value !== "off";
  return h("div", null, [
    h("label", { class: "check" }, [h("input", { type: "checkbox", name: "awake", checked: wanted, onChange: () => { stayAwake(!wanted); } }), t("awake.label")]),
    awake.value === "refused" ? h("p", { class: "problem", role: "status" }, t("awake.refused")) : null,
  ]);
}

/** A checkpoint with the ways to check in there. @param {{ checkpoint: CheckpointView, onClose: () => void }} props */
export function OneCheckpoint({ checkpoint, onClose }) {
  const [code, setCode] = useState("");
  const [scanning, setScanning] = useState(false);
  const [holding, setHolding] = useState(false);
  const away = near.value.find((one) => one.number === checkpoint.number);
  const byPlace = checkpoint.methods.includes("gps");
  const byCode = checkpoint.methods.includes("code");
  const byQr = checkpoint.methods.includes("qr") || byCode;
  const visited = standing.value?.visited.includes(checkpoint.number);
  const act = async (/** @type {string | null} */ typed) => {
    const outcome = await checkIn(checkpoint.number, typed);
    if (outcome?.verdict === "accepted") onClose();
  };
  return h(Dialog, { title: `${checkpoint.code} ${checkpoint.name === checkpoint.code ? "" : ofGame(checkpoint.name)}`, onClose, children: [
    h("p", { class: "figures" }, [t("points", { count: checkpoint.points, points: checkpoint.points }), away ? ` · ${awayText(checkpoint, away)}` : ""]),
    checkpoint.text ? h("p", { dir: "auto" }, ofGame(checkpoint.text)) : null,
    visited ? h("p", { class: "good" }, `✓ ${t("visited")}`) : null,
    h(PlaceFacts, { checkpoint }),
    byPlace && locating.value === "off" ? h(Button, { kind: visited ? "plain" : "main", onClick: locate, children: t("fix.allow") }) : null,
    byPlace && locating.value !== "off" ? h(Button, { kind: visited ? "plain" : "main", onClick: () => act(null), disabled: !fix.value, children: fix.value ? t("check_in.here") : t("check_in.no_fix") }) : null,
    byQr ? h(Button, { kind: byPlace || visited ? "plain" : "main", onClick: () => setScanning(true), children: t("check_in.scan") }) : null,
    byQr && readsTags() ? h(Button, { onClick: () => setHolding(true), children: t("check_in.tag") }) : null,
    byCode ? h("form", { class: "form", onSubmit: (/** @type {Event} */ event) => (event.preventDefault(), act(code.trim())) }, [
      h(Field, { label: t("check_in.code"), name: "checkpoint-code", value: code, onInput: setCode, upper: true }),
      h("button", { type: "submit", class: "button", disabled: !code.trim() }, t("check_in.with_code")),
    ]) : null,
    scanning ? h(CheckInScanner, { onClose: () => setScanning(false), onDone: onClose }) : null,
    holding ? h(TagScanner, { onClose: () => setHolding(false), onDone: onClose }) : null,
  ] });
}
