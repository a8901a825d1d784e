// The map, from the file that travels with the game: own position with its accuracy, checkpoints by state. Loaded when it
// is first opened; where it cannot be drawn the list serves.

import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { effect } from "@preact/signals";
import { fix, home, near, standing } from "../game.js";
import { MARKS, styleOf } from "../map_style.js";
import { gathered, MAP, readMedium } from "../media.js";
import { Button } from "../parts.js";
import { locate, locating } from "../places.js";
import { t } from "../words.js";
import { OneCheckpoint } from "./checkpoints.js";
import { CentreControl } from "./map_centre.js";

/** @typedef {import("../bridge.d.ts").MediumView} MediumView */

const RING_POINTS = 48;
const EARTH_M_PER_DEGREE = 111_320;
const DARK = matchMedia("(prefers-color-scheme: dark)");
const STILL = matchMedia("(prefers-reduced-motion: reduce)");

export function MapView() {
  const medium = home.value?.media.find((one) => one.media_type === MAP);
  const [open, setOpen] = useState(/** @type {number | null} */ (null));
  const [fault, setFault] = useState("");
  const chosen = standing.value?.checkpoints.find((one) => one.number === open);
  if (!medium) return h("p", { class: "quiet" }, t("map.none"));
  if (fault) return h("p", { class: "problem", role: "alert" }, t(fault));
  if (gathered.value < 1) {
    return h("p", { class: "quiet", role: "status" }, t("map.coming", { percent: Math.floor(gathered.value * 100) }));
  }
  return h("section", { "aria-label": t("tab.map") }, [
    locating.value === "off" && home.value?.own_position ? h("div", { class: "ask" }, h(Button, { onClick: locate, children: t("fix.allow") })) : null,
    h(Drawn, { medium, onChoose: setOpen, onFault: setFault }),
    h("p", { class: "quiet" }, t("map.list_too")),
    chosen ? h(OneCheckpoint, { checkpoint: chosen, onClose: () => setOpen(null) }) : null,
  ]);
}

/** @param {{ medium: MediumView, onChoose: (number: number) => void, onFault: (key: string) => void }} props */
function Drawn({ medium, onChoose, onFault }) {
  const box = useRef(/** @type {HTMLDivElement | null} */ (null));
  useEffect(() => {
    /** @type {(() => void) | null} */
    let remove = null;
    let gone = false;
    draw(/** @type {HTMLDivElement} */ (box.current), medium, onChoose).then(
      (found) => (gone ? found() : (remove = found)),
      (error) => onFault(String(error).includes("WebGL") ? "map.no_webgl" : "map.unreadable"),
    );
    return () => {
      gone = true;
      remove?.();
    };
  }, [medium.hash]);
  return h("div", { class: "map", ref: box, id: "map" });
}

/** Draw the map into a box; gives what removes it again.
 * @param {HTMLDivElement} box @param {MediumView} medium @param {(number: number) => void} onChoose */
async function draw(box, medium, onChoose) {
  if (!document.createElement("canvas").getContext("webgl2")) throw new Error("WebGL is not to be had");
  const [maplibre, { PMTiles, Protocol, TileType }] = await Promise.all([import("maplibre-gl"), import("pmtiles"), look()]);
  maplibre.setWorkerUrl(new URL("../vendor/maplibre-gl-worker.mjs", import.meta.url).href);
  const file = new PMTiles({
    getKey: () => "map",
    getBytes: async (/** @type {number} */ offset, /** @type {number} */ length) => {
      const found = await readMedium(medium, offset, length);
      return { data: /** @type {ArrayBuffer} */ (found.buffer) };
    },
  });
  const head = await file.getHeader();
  const protocol = new Protocol();
  protocol.add(file);
  maplibre.addProtocol("pmtiles", protocol.tile);
  const map = new maplibre.Map({
    container: box,
    style: styleOf(head.tileType === TileType.Mvt ? "vector" : "raster", DARK.matches, medium.credit),
    bounds: boundsOf([head.minLon, head.minLat, head.maxLon, head.maxLat]),
    fitBoundsOptions: { padding: 40, animate: false },
    maxBounds: [head.minLon - 0.05, head.minLat - 0.05, head.maxLon + 0.05, head.maxLat + 0.05],
    attributionControl: { compact: false },
    fadeDuration: STILL.matches ? 0 : 200,
    dragRotate: false,
    pitchWithRotate: false,
  });
  map.touchZoomRotate.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), "bottom-right"); // where a thumb is
  if (home.value?.own_position) map.addControl(new CentreControl({ still: STILL.matches }), "bottom-right");
  map.addControl(new maplibre.ScaleControl({}), "bottom-left");
  map.getCanvas().setAttribute("role", "application");
  map.getCanvas().setAttribute("aria-label", t("map.moved"));
  await map.once("load");
  addPlaces(map);
  const stop = effect(() => showPlaces(map));
  map.on("click", "checkpoints", (/** @type {any} */ event) => onChoose(Number(event.features[0].properties.number)));
  map.once("idle", () => (box.dataset["drawn"] = "true"));
  return () => {
    stop();
    map.remove();
    maplibre.removeProtocol("pmtiles");
  };
}

/** MapLibre's own style sheet, once. */
function look() {
  const address = new URL("../vendor/maplibre-gl.css", import.meta.url).href;
  if (document.querySelector(`link[href="${address}"]`)) return Promise.resolve();
  const link = Object.assign(document.createElement("link"), { rel: "stylesheet", href: address });
  return new Promise((done) => {
    link.onload = link.onerror = () => done(undefined);
    document.head.append(link);
  });
}

/** What holds all checkpoints, or the whole map where they are nowhere. @param {[number, number, number, number]} whole */
function boundsOf(whole) {
  const places = (standing.value?.checkpoints ?? []).filter((one) => one.lon_e7 !== null && one.lat_e7 !== null);
  if (!places.length) return whole;
  const lons = places.map((one) => Number(one.lon_e7) / 1e7);
  const lats = places.map((one) => Number(one.lat_e7) / 1e7);
  return /** @type {[number, number, number, number]} */ ([Math.min(...lons), Math.min(...lats), Math.max(...lons), Math.max(...lats)]);
}

/** @param {any} map */
function addPlaces(map) {
  const empty = { type: "FeatureCollection", features: [] };
  const dark = DARK.matches;
  for (const name of ["accuracy", "me", "checkpoints"]) map.addSource(name, { type: "geojson", data: empty });
  map.addLayer({ id: "accuracy", type: "fill", source: "accuracy", paint: { "fill-color": "#1a5fd0", "fill-opacity": 0.2 } });
  map.addLayer({ id: "checkpoints", type: "circle", source: "checkpoints", paint: {
    "circle-radius": ["case", ["get", "inside"], 20, 16],
    "circle-color": ["case", ["get", "visited"], MARKS.visited, MARKS.open],
    "circle-stroke-color": MARKS.word,
    "circle-stroke-width": ["case", ["get", "inside"], 5, 2.5],
  } });
  map.addLayer({ id: "codes", type: "symbol", source: "checkpoints",
    layout: { "text-field": ["get", "label"], "text-font": ["Noto Sans", "Roboto", "sans-serif"], "text-size": 13, "text-allow-overlap": true },
    paint: { "text-color": MARKS.word } });
  map.addLayer({ id: "me", type: "circle", source: "me", paint: { "circle-radius": 8, "circle-color": dark ? "#7fb2ff" : "#1a5fd0", "circle-stroke-color": "#ffffff", "circle-stroke-width": 3 } });
}

/** Put what the signals say on the map; run again by each that changes. @param {any} map */
function showPlaces(map) {
  const visited = new Set(standing.value?.visited ?? []);
  const inside = new Set(near.value.filter((one) => one.inside).map((one) => one.number));
  map.getSource("checkpoints")?.setData(collection((standing.value?.checkpoints ?? []).filter((one) => one.lon_e7 !== null).map((one) =>
    point(Number(one.lon_e7) / 1e7, Number(one.lat_e7) / 1e7, {
      number: one.number, label: visited.has(one.number) ? `✓${one.code}` : one.code, visited: visited.has(one.number), inside: inside.has(one.number),
    }))));
  const here = home.value?.own_position ? fix.value : null;
  map.getSource("me")?.setData(collection(here ? [point(here.lon_e7 / 1e7, here.lat_e7 / 1e7, {})] : []));
  map.getSource("accuracy")?.setData(collection(here?.accuracy_mm ? [circle(here.lon_e7 / 1e7, here.lat_e7 / 1e7, here.accuracy_mm / 1000)] : []));
}

/** @param {ReadonlyArray<object>} features */
function collection(features) {
  return { type: "FeatureCollection", features };
}

/** @param {number} lon @param {number} lat @param {object} properties */
function point(lon, lat, properties) {
  return { type: "Feature", properties, geometry: { type: "Point", coordinates: [lon, lat] } };
}

/** @param {number} lon @param {number} lat @param {number} radiusM */
function circle(lon, lat, radiusM) {
  const ring = Array.from({ length: RING_POINTS + 1 }, (_, n) => {
    const turn = (2 * Math.PI * n) / RING_POINTS;
    const north = (radiusM * Math.cos(turn)) / EARTH_M_PER_DEGREE;
    const east = (radiusM * Math.sin(turn)) / (EARTH_M_PER_DEGREE * Math.cos((lat * Math.PI) / 180));
    return [lon + east, lat + north];
  });
  return { type: "Feature", properties: {}, geometry: { type: "Polygon", coordinates: [ring] } };
}
