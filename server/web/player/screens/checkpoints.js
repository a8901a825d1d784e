// The list: every checkpoint that may be seen, the nearest first, with distance and bearing. Needs no WebGL.

import { h } from "preact";
import { useState } from "preact/hooks";
import { checkIn, fix, near, standing } from "../game.js";
import { Button, Dialog, Field } from "../parts.js";
import { bearing, compassPoint, locate, locating } from "../places.js";
import { metres, ofGame, t } from "../words.js";
import { Scanner } from "./scanning.js";

/** @typedef {import("../bridge.d.ts").CheckpointView} CheckpointView */

export function Checkpoints() {
  const [open, setOpen] = useState(/** @type {number | null} */ (null));
  const found = standing.value;
  if (!found) return h("p", { class: "quiet" }, t("loading"));
  const away = new Map(near.value.map((one) => [one.number, one]));
  const visited = new Set(found.visited);
  const order = [...found.checkpoints].sort(
    (a, b) => (away.get(a.number)?.distance_mm ?? Infinity) - (away.get(b.number)?.distance_mm ?? Infinity) || a.number - b.number,
  );
  const chosen = order.find((one) => one.number === open);
  return h("section", { "aria-label": t("tab.list") }, [
    h(Locating, {}),
    h("ul", { class: "checkpoints" }, order.map((one) =>
      h("li", { key: one.number },
        h("button", { type: "button", class: `checkpoint ${visited.has(one.number) ? "visited" : ""} ${away.get(one.number)?.inside ? "inside" : ""}`, onClick: () => setOpen(one.number) }, [
          h(Arrow, { checkpoint: one }),
          h("span", { class: "checkpoint-name" }, [h("strong", null, one.code), one.name && one.name !== one.code ? ` ${ofGame(one.name)}` : "",
            one.finish ? h("span", { class: "tag" }, t("finish")) : null]),
          h("span", { class: "checkpoint-away" }, visited.has(one.number) ? `✓ ${t("visited")}` : awayText(away.get(one.number))),
          h("span", { class: "checkpoint-points" }, t("points", { count: one.points, points: one.points })),
        ]),
      ))),
    chosen ? h(OneCheckpoint, { checkpoint: chosen, onClose: () => setOpen(null) }) : null,
  ]);
}

/** @param {import("../bridge.d.ts").Near | undefined} one */
function awayText(one) {
  if (!one) return "";
  return one.inside ? t("here") : metres(one.distance_mm);
}

/** Where to go from here, as an arrow on a map with north up. @param {{ checkpoint: CheckpointView }} props */
function Arrow({ checkpoint }) {
  const here = fix.value;
  if (!here || checkpoint.lon_e7 === null || checkpoint.lat_e7 === null) return h("span", { class: "arrow" }, "·");
  const degrees = bearing(here, { lon_e7: checkpoint.lon_e7, lat_e7: checkpoint.lat_e7 });
  return h("span", { class: "arrow", role: "img", "aria-label": t(`compass.${compassPoint(degrees)}`) },
    h("svg", { viewBox: "-12 -12 24 24", width: 24, height: 24, "aria-hidden": "true" },
      h("path", { d: "M0-10 7 8 0 4-7 8Z", fill: "currentColor", transform: `rotate(${Math.round(degrees)})` })));
}

function Locating() {
  const state = locating.value;
  if (state === "on") {
    const accuracy = fix.value?.accuracy_mm;
    return h("p", { class: "quiet" }, accuracy === null || accuracy === undefined ? t("fix.unknown") : t("fix.good", { m: Math.ceil(accuracy / 1000) }));
  }
  if (state === "denied" || state === "missing") return h("p", { class: "problem" }, t(`fix.${state}`));
  if (state === "waiting") return h("p", { class: "quiet", role: "status" }, t("fix.waiting"));
  return h("div", { class: "ask" }, [h("p", null, t("fix.ask")), h(Button, { kind: "main", onClick: locate, children: t("fix.allow") })]);
}

/** A checkpoint with the ways to check in there. @param {{ checkpoint: CheckpointView, onClose: () => void }} props */
export function OneCheckpoint({ checkpoint, onClose }) {
  const [code, setCode] = useState("");
  const [scanning, setScanning] = useState(false);
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
    h("p", { class: "figures" }, [t("points", { count: checkpoint.points, points: checkpoint.points }), away ? ` · ${awayText(away)}` : ""]),
    checkpoint.text ? h("p", null, ofGame(checkpoint.text)) : null,
    visited ? h("p", { class: "good" }, `✓ ${t("visited")}`) : null,
    byPlace ? h(Button, { kind: "main", onClick: () => act(null), disabled: !fix.value, children: fix.value ? t("check_in.here") : t("check_in.no_fix") }) : null,
    byQr ? h(Button, { kind: byPlace ? "plain" : "main", onClick: () => setScanning(true), children: t("check_in.scan") }) : null,
    byCode ? h("form", { class: "form", onSubmit: (/** @type {Event} */ event) => (event.preventDefault(), act(code.trim())) }, [
      h(Field, { label: t("check_in.code"), name: "checkpoint-code", value: code, onInput: setCode, upper: true }),
      h("button", { type: "submit", class: "button", disabled: !code.trim() }, t("check_in.with_code")),
    ]) : null,
    scanning ? h(Scanner, { onClose: () => setScanning(false), onDone: onClose }) : null,
  ] });
}
