// Joining: by a link, or by address and code typed here.

import { h } from "preact";
import { useState } from "preact/hooks";
import { CallFailed } from "../calls.js";
import { join } from "../game.js";
import { roomLeft } from "../offline.js";
import { Field } from "../parts.js";
import { t } from "../words.js";

/** What a link to join says: /play/#TENANT/GAME/CODE, on this origin.
 * @param {string} hash */
export function linkParts(hash) {
  const [tenant = "", game = "", code = ""] = hash.replace(/^#\/?/, "").split("/").map(decodeURIComponent);
  return { game: tenant && game ? `${tenant}/${game}` : "", code };
}

/** The address of a game: typed as TENANT/GAME it is one of this server.
 * @param {string} typed */
function addressOf(typed) {
  const text = typed.trim();
  if (!/^https?:\/\//i.test(text)) return `${location.origin}/${text.replace(/^\/+/, "")}`;
  const url = new URL(text);
  const parts = linkParts(url.hash);
  return parts.game ? `${url.origin}/${parts.game}` : text;
}

export function Joining() {
  const link = linkParts(location.hash);
  const [game, setGame] = useState(link.game);
  const [code, setCode] = useState(link.code);
  const [team, setTeam] = useState("");
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await join(addressOf(game), code.trim().toUpperCase(), team.trim());
      history.replaceState(null, "", location.pathname);
    } catch (error) {
      const key = error instanceof CallFailed ? error.code : "app_fault";
      const text = t(`failed.${key}`);
      setProblem(text === `failed.${key}` ? t("failed.other", { code: key, detail: String(/** @type {Error} */ (error).message) }) : text);
    } finally {
      setBusy(false);
    }
  };

  return h("main", { class: "screen" }, [
    h("h1", null, t("join.title")),
    h("p", null, t("join.intro")),
    h("form", { onSubmit: submit, class: "form" }, [
      h(Field, { label: t("join.game"), name: "game", value: game, onInput: setGame, hint: t("join.game_hint"), required: true }),
      h(Field, { label: t("join.code"), name: "code", value: code, onInput: setCode, upper: true, required: true }),
      h(Field, { label: t("join.team"), name: "team", value: team, onInput: setTeam, hint: t("join.team_hint") }),
      problem ? h("p", { class: "problem", role: "alert" }, problem) : null,
      h("button", { type: "submit", class: "button main", disabled: busy || !game || !code }, busy ? t("join.busy") : t("join.go")),
    ]),
    h("p", { class: "quiet" }, t("join.privacy")),
    h("p", { class: "quiet" }, t("join.offline_note")),
    roomLeft.value === null ? null : h("p", { class: "quiet" }, t("join.room", { mb: Math.floor(roomLeft.value / 1e6) })),
  ]);
}
