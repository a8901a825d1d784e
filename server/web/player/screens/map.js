// The map: loaded when it is first opened. Until the organiser's map is here, the list serves.

import { h } from "preact";
import { t } from "../words.js";

export function MapView() {
  return h("p", { class: "quiet" }, t("map.none"));
}
