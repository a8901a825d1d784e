// The score with every line of its explanation, and the server's leaderboard with its age.

import { h } from "preact";
import { useEffect, useState } from "preact/hooks";
import { explain } from "../acting.js";
import { home, standing } from "../game.js";
import { reasonText } from "../outcomes.js";
import { seeResult } from "../offline.js";
import { Figure } from "../parts.js";
import { clock, figure, has, ofGame, span, t } from "../words.js";

/** @typedef {import("../bridge.d.ts").LineView} LineView */

export function Score() {
  const [told, setTold] = useState(/** @type {import("../bridge.d.ts").Explained | null} */ (null));
  const lines = told?.lines.filter(saysSomething);
  const found = standing.value;
  useEffect(() => {
    explain().then(setTold, () => setTold(null));
  }, [found]);
  useEffect(() => seeResult, []); // once it is left again
  if (!found) return h("p", { class: "quiet" }, t("loading"));
  return h("section", { "aria-label": t("tab.score") }, [
    h("div", { class: "figures-row" }, [
      h(Figure, { name: t("score"), value: figure(found.score), kind: "big" }),
      h(Figure, { name: t("score.points"), value: figure(found.points) }),
      h(Figure, { name: t("score.penalties"), value: figure(-found.penalties) }),
      found.time_ms !== null ? h(Figure, { name: t("score.time"), value: span(found.time_ms) }) : null,
    ]),
    h("p", { class: "quiet" }, t(`status.${found.status}`)),
    found.format || found.categories.length ? h("p", { class: "quiet", id: "plays" },
      t("team_plays", { what: [found.format, ...found.categories].filter(Boolean).map(ofGame).join(" · ") })) : null,
    h("h2", null, t("score.why")),
    lines?.length ? h("ol", { class: "lines" }, lines.map((line, n) => h("li", { key: n }, [
      h("span", { class: "line-text" }, [lineText(line), line.at_ms !== null ? h("span", { class: "quiet" }, ` ${clock(line.at_ms)}`) : null]),
      h("strong", { class: line.points < 0 ? "bad" : "" }, figure(line.points)),
    ]))) : h("p", { class: "quiet" }, t("score.none")),
    told ? h("p", { class: "quiet", id: "digest", "data-digest": hex(told.digest) }, t("score.digest", { code: hex(told.digest).slice(0, 8) })) : null,
    h(Leaderboard, {}),
  ]);
}

/** Messages, consents and the opening of a task are events too, and give nothing. @param {LineView} line */
function saysSomething(line) {
  return line.points !== 0 || (line.code !== "not_this_team" && !(line.code === "counted" && line.challenge !== null));
}

/** @param {Uint8Array} bytes */
function hex(bytes) {
  return [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** @param {LineView} line */
function lineText(line) {
  const where = line.checkpoint_code ? `${line.checkpoint_code}: ` : line.challenge_code ? `${line.challenge_code}: ` : line.group ? `${line.group}: ` : "";
  if (line.code === "counted" && line.at_ms !== null && line.at_ms === standing.value?.start_ms) return t("line.start");
  if (line.code === "counted" && line.at_ms !== null && line.at_ms === standing.value?.finish_ms) return t("line.finish");
  if (!has(`line.${line.code}`)) return where + reasonText(line.code, line.values);
  const [a = 0, b = 0] = line.values;
  return where + t(`line.${line.code}`, { a, b, count: a });
}

/** @typedef {{ teams: { place: number | null, name: string, number: number, score: number, status: string }[],
 *   as_of_ms: number, devices_heard: number, devices: number, provisional: boolean }} Board */

/** `client_core.game.showing.StandingsShown`: players see no standings yet. */
const HIDDEN = 2;

/** What the first server that answers says.
 * @returns {Promise<Board>} */
async function latestBoard() {
  for (const upstream of home.value?.upstreams ?? []) {
    const address = upstream.replace("/sync/v1/", "/api/v1/").replace(/\/([^/]+)$/, "/games/$1/standings");
    const response = await fetch(address, { credentials: "omit", referrerPolicy: "no-referrer" }).catch(() => null);
    if (response?.ok) return response.json();
  }
  throw new Error("no server answers");
}

/** What the nearest server says, kept for when there is none. */
function Leaderboard() {
  const [board, setBoard] = useState(/** @type {Board | null} */ (kept()));
  const [stale, setStale] = useState(true);
  useEffect(() => {
    if (home.value?.standings === HIDDEN) return;
    latestBoard().then(
      (found) => {
        // Never back to what is older.
        if (found.as_of_ms >= (kept()?.as_of_ms ?? 0)) localStorage.setItem("board", JSON.stringify(found));
        setBoard(kept());
        setStale(false);
      },
      () => setStale(true),
    );
  }, [standing.value?.safety.safe]);
  if (home.value?.standings === HIDDEN) return h("p", { class: "quiet" }, t("board.hidden"));
  return h("section", { "aria-label": t("board") }, [
    h("h2", null, t("board")),
    board ? [
      h("p", { class: "quiet" }, [t("board.as_of", { time: clock(board.as_of_ms) }), " · ",
        t("board.heard", { heard: board.devices_heard, devices: board.devices }), stale ? ` · ${t("board.stale")}` : "",
        board.provisional ? ` · ${t("board.provisional")}` : ""]),
      h("ol", { class: "board" }, board.teams.map((team) => h("li", { key: team.number, class: team.number === standing.value?.team_number ? "mine" : "" }, [
        h("span", { class: "place" }, team.place ?? "–"), h("span", { class: "line-text" }, h("bdi", null, team.name || `${team.number}`)), h("strong", null, figure(team.score))]))),
    ] : h("p", { class: "quiet" }, t("board.none")),
  ]);
}

/** @returns {Board | null} */
function kept() {
  try {
    return JSON.parse(localStorage.getItem("board") ?? "null");
  } catch {
    return null;
  }
}
