// Where the player is: fixes from the browser, asked for by a tap, and bearings.

import { signal } from "@preact/signals";
import { moved } from "./game.js";

/** "off" before it was asked for; then "waiting", "on", "denied" or "missing". */
export const locating = signal(/** @type {"off" | "waiting" | "on" | "denied" | "missing"} */ ("off"));

/** @type {number | undefined} */
let watching;

/** Ask for positions; the browser asks the player the first time. */
export function locate() {
  if (!navigator.geolocation) {
    locating.value = "missing";
    return;
  }
  if (watching !== undefined) navigator.geolocation.clearWatch(watching);
  locating.value = "waiting";
  watching = navigator.geolocation.watchPosition(
    ({ coords, timestamp }) => {
      locating.value = "on";
      moved({
        lon_e7: Math.round(coords.longitude * 1e7),
        lat_e7: Math.round(coords.latitude * 1e7),
        accuracy_mm: Number.isFinite(coords.accuracy) ? Math.round(coords.accuracy * 1000) : null,
        at_ms: Math.round(timestamp),
      });
    },
    (error) => (locating.value = error.code === error.PERMISSION_DENIED ? "denied" : "waiting"),
    { enableHighAccuracy: true, maximumAge: 2_000, timeout: 30_000 },
  );
}

/** The direction from one place to another, clockwise from north in degrees.
 * @param {{ lon_e7: number, lat_e7: number }} from @param {{ lon_e7: number, lat_e7: number }} to */
export function bearing(from, to) {
  const rad = (/** @type {number} */ e7) => (e7 / 1e7) * (Math.PI / 180);
  const east = rad(to.lon_e7 - from.lon_e7) * Math.cos(rad(from.lat_e7));
  return (Math.atan2(east, rad(to.lat_e7 - from.lat_e7)) * (180 / Math.PI) + 360) % 360;
}

/** The compass point of a bearing, as the key of a word. @param {number} degrees */
export function compassPoint(degrees) {
  return ["n", "ne", "e", "se", "s", "sw", "w", "nw"][Math.round(degrees / 45) % 8];
}
