// Keeps the leaderboard current: listens for `standings` events and fills in the same parts the server made.
// Remembers in this browser what was seen last, and says what changed since.
"use strict";

const main = document.querySelector("main");
const byId = (id) => document.getElementById(id);
const WORDS = {
  inactive: "not heard of", active: "playing", finished: "finished", ok: "finished",
  missing_checkpoint: "missing checkpoint", over_time: "over time", did_not_finish: "did not finish",
  sporting_withdrawal: "withdrew", disqualified: "disqualified", did_not_start: "did not start",
  did_not_enter: "did not enter", cancelled: "cancelled", not_competing: "not competing",
};
const behindMs = Number(main.dataset.now) - Date.now(); // the server's clock against this one's
const look = "wayfold-look:" + main.dataset.look; // where this viewer's last look is kept
let asOfMs = Date.parse(byId("as-of").dateTime);
let oldestMs = byId("heard").dataset.oldest ? Number(byId("heard").dataset.oldest) : null;
let heard = byId("heard").textContent.split(",")[0];

function elapsed(ms) {
  if (ms === null) return "-";
  const s = Math.floor(ms / 1000), two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

function clock(ms, seconds) {
  const at = new Date(ms), shown = { hour: "2-digit", minute: "2-digit", ...(seconds ? { second: "2-digit" } : {}) };
  try {
    return at.toLocaleTimeString("en-GB", { ...shown, timeZone: main.dataset.zone });
  } catch {
    return at.toLocaleTimeString("en-GB", { ...shown, timeZone: "UTC" });
  }
}

function span(ms) {
  const minutes = Math.floor(Math.max(0, ms) / 60000);
  if (minutes < 120) return `${minutes} min`;
  return minutes < 2880 ? `${Math.floor(minutes / 60)} h` : `${Math.floor(minutes / 1440)} days`;
}

function cell(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function row(team, before) {
  const line = document.createElement("tr");
  const place = team.place === null ? "-" : team.place;
  Object.assign(line.dataset, { bib: team.bib, place, score: team.score });
  line.className = team.status;
  if (before && (before.score !== String(team.score) || before.place !== String(place))) line.classList.add("changed");
  const name = cell("th", ""), link = cell("a", team.name), score = cell("td", team.score, "n score");
  name.scope = "row";
  link.href = main.dataset.team + encodeURIComponent(team.bib);
  name.append(link, " ", cell("span", team.bib, "bib"));
  if (team.provisional) {
    const maybe = cell("abbr", "?", "maybe");
    maybe.title = "may still change: not everybody was heard";
    score.append(maybe);
  }
  line.append(
    cell("td", place, "n place"), name, score,
    cell("td", team.points, "n"), cell("td", team.penalties ? "\u2212" + team.penalties : "0", "n"),
    cell("td", elapsed(team.time_ms), "n"), cell("td", WORDS[team.status] || team.status, "status"));
  return line;
}

function stateOf(board) {
  if (board.final !== null) {
    const final = "Final result" + (board.final ? `, amended (${board.final})` : "");
    if (!board.lines_moved) return final;
    const lines = `${board.lines_moved} line${board.lines_moved === 1 ? "" : "s"}`;
    if (board.as_pinned) return `${final}; what came in since would change ${lines}`;
    return `Not the final result: what came in since changes ${lines}`;
  }
  if (board.shown === "hidden") return "Hidden: the standings are shown when the result is final";
  if (board.shown === "frozen") return `Frozen: as it was at ${clock(board.frozen_from_ms)}, until the result is final`;
  return board.provisional ? "Provisional: results can still change" : "Complete: every device was heard";
}

function rows() {
  const found = {};
  for (const line of byId("rows").children) {
    found[line.dataset.bib] = {
      place: line.dataset.place, score: line.dataset.score, name: line.querySelector("a").textContent,
    };
  }
  return found;
}

function show(board) {
  const before = rows(), held = document.activeElement?.closest?.("#rows tr")?.dataset.bib;
  byId("rows").replaceChildren(...board.teams.map((team) => row(team, before[team.bib])));
  if (held) document.querySelector(`#rows tr[data-bib="${CSS.escape(held)}"] a`)?.focus(); // keyboards stay where they were
  byId("empty").hidden = board.teams.length > 0;
  heard = `${board.devices_heard} of ${board.devices} devices heard`;
  oldestMs = board.oldest_heard_ms;
  const state = byId("state"), text = stateOf(board);
  if (state.textContent !== text) state.textContent = text; // a screen reader hears it only when it changes
  state.className = "state " + (board.provisional && board.final === null ? "provisional" : "complete");
  main.dataset.version = board.version;
  asOfMs = board.as_of_ms;
  byId("as-of").dateTime = new Date(asOfMs).toISOString();
  byId("as-of").textContent = clock(asOfMs, true);
  age();
  sinceThen();
}

function age() {
  const now = Date.now() + behindMs;
  byId("age").textContent = now - asOfMs < 60000 ? "(just now)" : `(${span(now - asOfMs)} ago)`;
  byId("heard").textContent = oldestMs === null ? heard : `${heard}, the oldest ${span(now - oldestMs)} ago`;
}

function live(text, lost) {
  byId("link").textContent = text;
  byId("link").className = lost ? "lost" : "";
}

function lastLook() {
  try {
    return JSON.parse(localStorage.getItem(look));
  } catch {
    return null; // no storage here, or not ours: then nothing is compared
  }
}

function keepLook() {
  try {
    localStorage.setItem(look, JSON.stringify({ asOfMs, version: main.dataset.version, rows: rows() }));
  } catch {
    // a full or forbidden storage costs the comparison, nothing else
  }
}

function sinceThen() {
  const section = byId("since");
  if (!last || !last.rows || new URLSearchParams(location.search).has("since")) return;
  const items = [];
  for (const [bib, now] of Object.entries(rows())) {
    const then = last.rows[bib], parts = [];
    if (!then) parts.push(`new, ${now.score} points`);
    else {
      if (then.place !== now.place) parts.push(`place ${then.place === "-" ? "none" : then.place} to ${now.place === "-" ? "none" : now.place}`);
      if (then.score !== now.score) parts.push(`${then.score} to ${now.score} points`);
    }
    if (parts.length) items.push(cell("li", `${now.name} #${bib}: ${parts.join(", ")}`));
  }
  section.hidden = last.version === main.dataset.version && !items.length;
  const list = document.createElement("ul");
  list.append(...items);
  const title = cell("h2", `Since your last look at ${clock(last.asOfMs, true)}`);
  title.id = "since-title";
  section.replaceChildren(title, items.length ? list : cell("p", "Nothing changed."));
}

let last = lastLook();
sinceThen();
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden") keepLook();
  else {
    last = lastLook();
    sinceThen();
  }
});
addEventListener("pagehide", keepLook);

const source = new EventSource(main.dataset.events);
source.addEventListener("standings", (event) => show(JSON.parse(event.data)));
source.addEventListener("open", () => live("live", false));
source.addEventListener("error", () => live("connection lost, trying again", true));
setInterval(age, 15000);
age();
