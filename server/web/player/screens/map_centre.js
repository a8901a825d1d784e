// The map's button that puts the player in the middle: the map goes along until it is moved by hand.

import { effect, signal } from "@preact/signals";
import { fix, told } from "../game.js";
import { locate, locating } from "../places.js";
import { t } from "../words.js";

/** Moved by hand so far from the player, the map goes along no longer. */
const LEFT_PX = 24;
const EASE_MS = 300;
const ICON = "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8ZM12 1v4M12 19v4M1 12h4M19 12h4";
const SVG = "http://www.w3.org/2000/svg";

/** A control of MapLibre. `still`: nothing glides. */
export class CentreControl {
  #following = signal(false);
  /** @type {(() => void)[]} */
  #undo = [];

  /** @param {{ still: boolean }} how */
  constructor({ still }) {
    this.still = still;
  }

  /** @param {any} map */
  onAdd(map) {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "map-centre", title: t("map.centre") });
    button.setAttribute("aria-label", t("map.centre"));
    button.append(icon());
    button.addEventListener("click", () => this.#begin(map));
    const box = Object.assign(document.createElement("div"), { className: "maplibregl-ctrl maplibregl-ctrl-group" });
    box.append(button);
    const byHand = (/** @type {any} */ event) => {
      if (event.originalEvent && isAway(map)) this.#following.value = false;
    };
    const dragged = () => (this.#following.value = false);
    map.on("moveend", byHand);
    map.on("dragstart", dragged);
    this.#undo = [
      effect(() => button.setAttribute("aria-pressed", String(this.#following.value))),
      effect(() => void (this.#following.value && this.#centre(map))),
      () => map.off("moveend", byHand),
      () => map.off("dragstart", dragged),
      () => box.remove(),
    ];
    return box;
  }

  onRemove() {
    for (const undo of this.#undo) undo();
  }

  /** @param {any} map */
  #begin(map) {
    if (locating.value === "off") locate();
    this.#following.value = true;
    this.#centre(map);
  }

  /** Put the last fix in the middle; where there is none yet, the next one. @param {any} map */
  #centre(map) {
    const place = fix.value && lonLat(fix.value);
    if (!place) return;
    const bounds = map.getMaxBounds();
    if (bounds && !bounds.contains(place)) {
      this.#following.value = false;
      told.value = { text: t("map.outside"), kind: "plain" };
      return;
    }
    map.easeTo({ center: place, duration: this.still ? 0 : EASE_MS });
  }
}

/** @param {import("../bridge.d.ts").Position} found @returns {[number, number]} */
function lonLat({ lon_e7, lat_e7 }) {
  return [lon_e7 / 1e7, lat_e7 / 1e7];
}

/** Whether the player is no longer in the middle. @param {any} map */
function isAway(map) {
  if (!fix.value) return true;
  const [me, middle] = [map.project(lonLat(fix.value)), map.project(map.getCenter())];
  return Math.hypot(me.x - middle.x, me.y - middle.y) > LEFT_PX;
}

function icon() {
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of [["viewBox", "0 0 24 24"], ["width", "26"], ["height", "26"], ["aria-hidden", "true"]]) svg.setAttribute(name, value);
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICON);
  svg.append(path);
  return svg;
}
