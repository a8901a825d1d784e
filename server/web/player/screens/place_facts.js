// What a player should know of a checkpoint before going there: whether it is theirs, when it is open, who holds it.

import { h } from "preact";
import { useNow } from "../parts.js";
import { clock, sameDay, t, when } from "../words.js";

/** @typedef {import("../bridge.d.ts").CheckpointView} CheckpointView */

/** So many opening hours are listed at most: those that come next. */
const HOURS_LISTED_MAX = 4;

/** The hours of a checkpoint that are not over. @param {CheckpointView} checkpoint @param {number} now */
function hoursAhead({ hours }, now) {
  return hours.filter(([, to]) => to >= now);
}

/** In the list, in a word or two: what keeps a player from going there now, or who holds it; "" for nothing.
 * @param {CheckpointView} checkpoint @param {number} now */
export function tagOf(checkpoint, now) {
  if (!checkpoint.plays) return t("place.not_yours");
  const [next] = hoursAhead(checkpoint, now);
  if (checkpoint.hours.length && !next) return t("hours.over");
  if (next && next[0] > now) return t("hours.closed_until", { time: when(next[0]) });
  if (checkpoint.holder) return checkpoint.holder.mine ? t("holder.mine") : t("holder.other", { team: teamOf(checkpoint.holder) });
  return "";
}

/** Before checking in, in sentences. @param {{ checkpoint: CheckpointView }} props */
export function PlaceFacts({ checkpoint }) {
  const now = useNow();
  const { first_points: first, minute_points: minute, dwell_ms: dwell, hours } = checkpoint;
  const ahead = hoursAhead(checkpoint, now);
  const facts = [
    checkpoint.plays ? "" : t("reason.not_in_format"),
    hours.length && !ahead.length ? t("hours.over_text") : "",
    ...ahead.slice(0, HOURS_LISTED_MAX).map(([from, to]) =>
      from <= now ? t("hours.open_until", { time: when(to) }) : t("hours.span", { from: when(from), to: sameDay(from, to) ? clock(to) : when(to) })),
    dwell ? t("dwell.text", { s: Math.ceil(dwell / 1000) }) : "",
    first.length ? t("first.text", { points: first.join(", ") }) : "",
    minute ? t("holder.pays", { count: minute, points: minute }) : "",
    minute ? holderText(checkpoint, now) : "",
  ].filter(Boolean);
  return facts.length ? h("ul", { class: "facts", id: "place-facts" }, facts.map((fact) => h("li", { key: fact }, fact))) : null;
}

/** Who holds it, as far as this phone has heard. @param {CheckpointView} checkpoint @param {number} now */
function holderText({ holder }, now) {
  if (!holder) return t("holder.unknown");
  if (holder.mine) return t("holder.mine_since", { time: when(holder.since_ms) });
  const blocked = holder.blocked_until_ms !== null && holder.blocked_until_ms > now ? ` ${t("holder.blocked", { time: when(holder.blocked_until_ms) })}` : "";
  return t("holder.other_since", { team: teamOf(holder), time: when(holder.since_ms) }) + blocked;
}

/** @param {import("../bridge.d.ts").HolderView} holder */
function teamOf(holder) {
  return holder.team_name || t("team", { number: holder.team_number });
}
