// Keeps the leaderboard current: listens for `standings` events and fills in the same parts the server made.
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
let asOfMs = Date.parse(byId("as-of").dateTime);

function elapsed(ms) {
  if (ms === null) return "-";
  const s = Math.floor(ms / 1000), two = (n) => String(n).padStart(2, "0");
  const h = Math.floor(s / 3600), m = Math.floor(s / 60) % 60;
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}

function cell(tag, text, className) {
  const element = document.createElement(tag);
  element.textContent = text;
  if (className) element.className = className;
  return element;
}

function row(team, before) {
  const line = document.createElement("tr");
  line.dataset.team = team.team;
  line.dataset.score = team.score;
  line.className = team.status;
  if (before !== undefined && before !== String(team.score)) line.classList.add("changed");
  const name = cell("th", team.name + " ");
  name.scope = "row";
  name.append(cell("span", team.number, "bib"));
  line.append(
    cell("td", team.place === null ? "-" : team.place, "n place"), name, cell("td", team.score, "n score"),
    cell("td", team.points, "n"), cell("td", team.penalties ? "\u2212" + team.penalties : "0", "n"),
    cell("td", elapsed(team.time_ms), "n"), cell("td", WORDS[team.status] || team.status, "status"));
  return line;
}

function show(board) {
  const before = {};
  for (const line of byId("rows").children) before[line.dataset.team] = line.dataset.score;
  byId("rows").replaceChildren(...board.teams.map((team) => row(team, before[team.team])));
  byId("empty").hidden = board.teams.length > 0;
  byId("heard").textContent = `${board.devices_heard} of ${board.devices} devices heard`;
  const state = byId("state");
  const text = board.provisional ? "Provisional: results can still change" : "Complete: every device was heard";
  if (state.textContent !== text) state.textContent = text; // a screen reader hears it only when it changes
  state.className = "state " + (board.provisional ? "provisional" : "complete");
  asOfMs = board.as_of_ms;
  const at = new Date(asOfMs);
  byId("as-of").dateTime = at.toISOString();
  try {
    byId("as-of").textContent = at.toLocaleTimeString("en-GB", { timeZone: main.dataset.zone });
  } catch {
    byId("as-of").textContent = at.toLocaleTimeString("en-GB", { timeZone: "UTC" });
  }
  age();
}

function age() {
  const s = Math.max(0, Math.round((Date.now() + behindMs - asOfMs) / 1000));
  byId("age").textContent = s < 60 ? "(just now)" : s < 7200 ? `(${Math.floor(s / 60)} min ago)` : `(${Math.floor(s / 3600)} h ago)`;
}

function live(text, lost) {
  byId("link").textContent = text;
  byId("link").className = lost ? "lost" : "";
}

const source = new EventSource(main.dataset.events);
source.addEventListener("standings", (event) => show(JSON.parse(event.data)));
source.addEventListener("open", () => live("live", false));
source.addEventListener("error", () => live("connection lost, trying again", true));
setInterval(age, 15000);
age();
