// Where ahead is: what the phone's compass says, once a tap allowed it; else the way that is walked; else north is up.

import { computed, signal } from "@preact/signals";
import { bearing } from "./bearings.js";

/** @typedef {import("./bridge.d.ts").Position} Position */

const WALKED_M_MIN = 8;
const WALKED_MS_MAX = 60_000;
const SPEED_M_S_MIN = 0.6;
const STEP_DEG = 3;
const M_PER_DEG = 111_320;

/** "off" before it was asked for; then "on", "denied", or "missing" where none answers. */
export const compass = signal(/** @type {"off" | "on" | "denied" | "missing"} */ ("off"));
const heading = signal(/** @type {number | null} */ (null));
const course = signal(/** @type {number | null} */ (null));

/** What the arrows turn by. */
export const turnedBy = computed(() => (heading.value !== null ? "compass" : course.value !== null ? "course" : "north"));
/** Degrees from north to where ahead is; 0 where that is not known. */
export const ahead = computed(() => heading.value ?? course.value ?? 0);

/** Whether this browser has a compass to ask for; many say so and have none: then nothing answers. */
export function hasCompass() {
  return "DeviceOrientationEvent" in window;
}

/** Ask for the compass, in answer to a tap. */
export async function useCompass() {
  const { requestPermission } = /** @type {any} */ (window.DeviceOrientationEvent);
  if (requestPermission) {
    const said = await requestPermission.call(window.DeviceOrientationEvent).catch(() => "denied");
    if (said !== "granted") {
      compass.value = "denied";
      return;
    }
  }
  compass.value = "missing"; // until one answers
  window.addEventListener("deviceorientationabsolute", turned);
  window.addEventListener("deviceorientation", turned);
}

/** @param {Event} event */
function turned(event) {
  const { absolute, alpha, webkitCompassHeading } = /** @type {any} */ (event);
  const magnetic = Number.isFinite(webkitCompassHeading) ? webkitCompassHeading : absolute && Number.isFinite(alpha) ? 360 - alpha : null;
  if (magnetic === null) return;
  const now = (magnetic + (window.screen.orientation?.angle ?? 0) + 360) % 360;
  compass.value = "on";
  // A compass trembles: the arrows are moved only where it can be seen.
  if (heading.value === null || Math.abs(((now - heading.value + 540) % 360) - 180) >= STEP_DEG) heading.value = now;
}

/** @type {Position | null} */
let from = null;

/** Take a new fix into account: what the receiver says of the way walked, else the last metres.
 * @param {Position} fix @param {number | null} told degrees @param {number | null} speedMs */
export function walked(fix, told, speedMs) {
  if (told !== null && Number.isFinite(told) && (speedMs ?? 0) >= SPEED_M_S_MIN) {
    course.value = told;
    from = fix;
    return;
  }
  if (from && fix.at_ms - from.at_ms > WALKED_MS_MAX) {
    from = course.value = null;
  }
  from ??= fix;
  if (apartM(from, fix) < Math.max(WALKED_M_MIN, (fix.accuracy_mm ?? 0) / 1000)) return;
  course.value = bearing(from, fix);
  from = fix;
}

/** @param {Position} a @param {Position} b */
function apartM(a, b) {
  const north = (b.lat_e7 - a.lat_e7) / 1e7;
  const east = ((b.lon_e7 - a.lon_e7) / 1e7) * Math.cos((a.lat_e7 / 1e7) * (Math.PI / 180));
  return Math.hypot(north, east) * M_PER_DEG;
}
