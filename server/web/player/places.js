// Where the player is: fixes from the browser, asked for by a tap.

import { signal } from "@preact/signals";
import { walked } from "./compass.js";
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
      const found = {
        lon_e7: Math.round(coords.longitude * 1e7),
        lat_e7: Math.round(coords.latitude * 1e7),
        accuracy_mm: Number.isFinite(coords.accuracy) ? Math.round(coords.accuracy * 1000) : null,
        at_ms: Math.round(timestamp),
      };
      walked(found, coords.heading, coords.speed);
      moved(found);
    },
    (error) => (locating.value = error.code === error.PERMISSION_DENIED ? "denied" : "waiting"),
    { enableHighAccuracy: true, maximumAge: 2_000, timeout: 30_000 },
  );
}
