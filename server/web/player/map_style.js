// How the map is drawn: two palettes over the layers that OpenStreetMap's vector tiles by Protomaps have (schemas 2 to 4),
// or the pictures of a raster map as they are. Names are drawn with the phone's own fonts: no glyphs are loaded.

/** @typedef {Record<"land" | "green" | "water" | "built" | "area" | "road" | "main" | "edge" | "rail" | "word" | "halo", string>} Palette */

/** What stands on the map, in both: a checkpoint, one that was visited, and the words on them. */
export const MARKS = { open: "#a01060", visited: "#0b4d24", word: "#ffffff" };

/** @type {{ light: Palette, dark: Palette }} */
export const PALETTES = {
  light: { land: "#f4f1ea", green: "#cfe6c3", water: "#9cc7e4", built: "#ddd4c6", area: "#e9e4da", road: "#ffffff", main: "#ffe3a0", edge: "#a79f92", rail: "#8b8b95", word: "#1d2420", halo: "#fdfcf8" },
  dark: { land: "#1b211e", green: "#24382a", water: "#1d3d54", built: "#2b312e", area: "#232a26", road: "#59625d", main: "#7d6a33", edge: "#101411", rail: "#6c7078", word: "#f2f5f3", halo: "#0d110f" },
};
const FONT = ["Noto Sans", "Roboto", "sans-serif"];
const KIND = ["coalesce", ["get", "pmap:kind"], ["get", "kind"], ["get", "natural"], ["get", "landuse"], ["get", "leisure"], ""];
const GREEN = ["park", "wood", "forest", "grass", "garden", "cemetery", "nature_reserve", "meadow", "scrub", "grassland", "village_green", "orchard"];
const PLACES = ["city", "town", "village", "locality", "neighbourhood", "suburb"];

/** The style of a map whose tiles come from `source` ("map"). @param {"vector" | "raster"} tiles @param {boolean} dark
 * @param {string} credit @returns {any} */
export function styleOf(tiles, dark, credit) {
  const palette = PALETTES[dark ? "dark" : "light"];
  const background = { id: "land", type: "background", paint: { "background-color": palette.land } };
  const source = { type: tiles, url: "pmtiles://map", attribution: credit };
  if (tiles === "raster") {
    return { version: 8, sources: { map: source }, layers: [background, { id: "map", type: "raster", source: "map" }] };
  }
  return { version: 8, sources: { map: source }, layers: [background, ...areas(palette), ...roads(palette), ...words(palette)] };
}

/** @param {Palette} palette */
function areas(palette) {
  const fill = (/** @type {string} */ id, /** @type {string} */ from, /** @type {string} */ colour, /** @type {any} */ filter) =>
    ({ id, type: "fill", source: "map", "source-layer": from, paint: { "fill-color": colour }, ...(filter ? { filter } : {}) });
  const among = (/** @type {string[]} */ kinds) => ["in", KIND, ["literal", kinds]];
  return [
    fill("earth", "earth", palette.land, null),
    fill("areas", "landuse", palette.area, among(["pedestrian", "hospital", "school", "university", "industrial", "railway"])),
    fill("greens", "landuse", palette.green, among(GREEN)),
    fill("nature", "natural", palette.green, among(GREEN)),
    fill("water", "water", palette.water, null),
    { id: "streams", type: "line", source: "map", "source-layer": "physical_line", filter: ["in", KIND, ["literal", ["waterway", "river", "stream", "canal"]]], paint: { "line-color": palette.water, "line-width": 2 } },
    fill("buildings", "buildings", palette.built, null),
  ];
}

/** @param {Palette} palette */
function roads(palette) {
  const line = (/** @type {string} */ id, /** @type {string[]} */ kinds, /** @type {string} */ colour, /** @type {number[]} */ widths, dashed = false) => ({
    id, type: "line", source: "map", "source-layer": "roads", filter: ["in", KIND, ["literal", kinds]],
    layout: { "line-cap": dashed ? "butt" : "round", "line-join": "round" },
    paint: { "line-color": colour, "line-width": ["interpolate", ["exponential", 1.6], ["zoom"], 10, widths[0], 15, widths[1], 19, widths[2]], ...(dashed ? { "line-dasharray": [2, 1.5] } : {}) },
  });
  const small = ["minor_road"];
  const large = ["major_road", "medium_road", "highway"];
  return [
    { id: "rails", type: "line", source: "map", "source-layer": "transit", filter: ["in", KIND, ["literal", ["railway", "rail", "tram", "light_rail"]]], paint: { "line-color": palette.rail, "line-width": 1.5 } },
    line("paths", ["other", "path"], palette.edge, [0.2, 1.2, 4], true),
    line("small-edges", small, palette.edge, [0.3, 5, 22]),
    line("large-edges", large, palette.edge, [1.2, 8, 32]),
    line("small", small, palette.road, [0.1, 3.6, 19]),
    line("large", large, palette.main, [0.8, 6.2, 28]),
  ];
}

/** @param {Palette} palette */
function words(palette) {
  const text = (/** @type {string} */ id, /** @type {string} */ from, /** @type {any} */ layout, /** @type {any} */ more) => ({
    id, type: "symbol", source: "map", "source-layer": from, ...more,
    layout: { "text-field": ["get", "name"], "text-font": FONT, ...layout },
    paint: { "text-color": palette.word, "text-halo-color": palette.halo, "text-halo-width": 1.6 },
  });
  return [
    text("water-names", "physical_line", { "symbol-placement": "line", "text-size": 13 }, { minzoom: 13 }),
    text("road-names", "roads", { "symbol-placement": "line", "text-size": 12 }, { minzoom: 14 }),
    text("places", "places", { "text-size": ["interpolate", ["linear"], ["zoom"], 8, 12, 14, 15] }, { filter: ["in", KIND, ["literal", PLACES]] }),
    text("points", "pois", { "text-size": 12, "text-offset": [0, 0.8] }, { minzoom: 16 }),
  ];
}
