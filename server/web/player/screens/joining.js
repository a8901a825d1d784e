// Joining: by a link, by a scanned code, or by address and code typed here.

import { h } from "preact";
import { useState } from "preact/hooks";
import { installComesFirst } from "../browsers.js";
import { CallFailed } from "../calls.js";
import { lost } from "../game.js";
import { roomLeft } from "../offline.js";
import { join } from "../opening.js";
import { Button, Field, Languages } from "../parts.js";
import { failureText, t } from "../words.js";
import { InstallFirst } from "./before.js";
import { Scanner } from "./scanning.js";

/** What a link to join says: ORIGIN/play/#TENANT/GAME/CODE; null where a text is none. `origin` is "" for this one.
 * @param {string} text */
export function invitation(text) {
  const [before = "", hash] = text.trim().split("#");
  if (hash === undefined) return null;
  const [tenant = "", game = "", code = ""] = hash.replace(/^\//, "").split("/").map(decoded);
  const from = /^https?:/i.test(before) && URL.canParse(before) ? new URL(before).origin : "";
  return tenant && game ? { game: `${tenant}/${game}`, code, origin: from === location.origin ? "" : from } : null;
}

/** @param {string} text */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a game: typed as TENANT/GAME it is one of this server.
 * @param {string} typed */
function addressOf(typed) {
  const text = typed.trim();
  return /^https?:\/\//i.test(text) ? text : `${location.origin}/${text.replace(/^\/+/, "")}`;
}

/** On an iPhone or iPad the app comes onto the home screen first, unless the player wants the tab all the same. */
export function Joining() {
  const [stays, setStays] = useState(false);
  return installComesFirst() && !stays ? h(InstallFirst, { onStay: () => setStays(true) }) : h(JoinForm, {});
}

function JoinForm() {
  const link = invitation(location.hash);
  const [game, setGame] = useState(link?.game ?? lost.value?.address ?? "");
  const [code, setCode] = useState(link?.code ?? "");
  const [team, setTeam] = useState("");
  const [busy, setBusy] = useState(false);
  const [scanning, setScanning] = useState(false);
  const [problem, setProblem] = useState("");
  const [elsewhere, setElsewhere] = useState("");

  /** Take a link that was scanned or pasted. @param {string} text */
  const take = (text) => {
    const found = invitation(text);
    setProblem(found ? "" : t("join.no_link"));
    setElsewhere(found?.origin ? text.trim() : "");
    if (!found || found.origin) return;
    setGame(found.game);
    setCode(found.code);
  };

  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault();
    setBusy(true);
    setProblem("");
    try {
      await join(addressOf(game), code.trim().toUpperCase(), team.trim());
      history.replaceState(null, "", location.pathname);
    } catch (error) {
      setProblem(failureText(error instanceof CallFailed ? error.code : "app_fault", String(/** @type {Error} */ (error).message)));
    } finally {
      setBusy(false);
    }
  };

  return h("main", { class: "screen" }, [
    h("h1", null, t("join.title")),
    lost.value ? h("p", { class: "problem", role: "alert", id: "lost" }, t("join.lost", { game: lost.value.name })) : null,
    h("p", null, t("join.intro")),
    h(Button, { onClick: () => setScanning(true), children: t("check_in.scan") }),
    h("form", { onSubmit: submit, class: "form" }, [
      h(Field, { label: t("join.game"), name: "game", value: game, onInput: (text) => (text.includes("#") ? take(text) : setGame(text)), hint: t("join.game_hint"), required: true }),
      h(Field, { label: t("join.code"), name: "code", value: code, onInput: setCode, upper: true, required: true }),
      h(Field, { label: t("join.team"), name: "team", value: team, onInput: setTeam, hint: t("join.team_hint") }),
      problem ? h("p", { class: "problem", role: "alert" }, problem) : null,
      elsewhere ? h("div", { class: "problem", role: "alert" }, [h("p", null, t("join.elsewhere")), h("a", { class: "button", href: elsewhere }, new URL(elsewhere).host)]) : null,
      h("button", { type: "submit", class: "button main", disabled: busy || !game || !code }, busy ? t("join.busy") : t("join.go")),
    ]),
    h("p", { class: "quiet" }, t("join.privacy")),
    h("p", { class: "quiet" }, t("join.offline_note")),
    lost.value ? null : h("p", { class: "quiet" }, t("join.cleared")),
    roomLeft.value === null ? null : h("p", { class: "quiet" }, t("join.room", { mb: Math.floor(roomLeft.value / 1e6) })),
    h(Languages, {}),
    scanning ? h(Scanner, { onClose: () => setScanning(false), onText: (text) => { setScanning(false); take(text); } }) : null,
  ]);
}
