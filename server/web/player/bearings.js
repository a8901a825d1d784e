// Directions on the ground.

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
