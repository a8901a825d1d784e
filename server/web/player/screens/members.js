// Whose phone this is: asked at joining where the team has members, and changed in the help page.

import { h } from "preact";
import { useState } from "preact/hooks";
import { record } from "../acting.js";
import { home, offered, standing } from "../game.js";
import { Button, Dialog } from "../parts.js";
import { ofGame, t } from "../words.js";

/** The question before playing; it can be put off where the game does not look at members.
 * @param {{ onLater: () => void }} props */
export function WhosePhone({ onLater }) {
  return h("main", { class: "screen" }, [
    h("h1", { dir: "auto" }, ofGame(home.value?.name ?? "")),
    h(Choice, { onDone: onLater }),
    home.value?.asks_members ? null : h(Button, { onClick: onLater, children: t("members.later") }),
  ]);
}

/** The same, later. @param {{ onClose: () => void }} props */
export function MembersDialog({ onClose }) {
  return h(Dialog, { title: t("members.title"), onClose, children: h(Choice, { onDone: onClose }) });
}

/** @param {{ onDone: () => void }} props */
function Choice({ onDone }) {
  const known = standing.value?.members ?? [];
  const [chosen, setChosen] = useState(/** @type {ReadonlyArray<number>} */ (standing.value?.plays_for ?? []));
  const names = new Map(offered.value.map((one) => [one.number, one.name]));
  const numbers = [...new Set([...known, ...names.keys()])].sort((a, b) => a - b);
  const toggle = (/** @type {number} */ one) => setChosen(chosen.includes(one) ? chosen.filter((other) => other !== one) : [...chosen, one]);
  const save = async () => {
    if (await record("play_for", { members: chosen, at_ms: Date.now() })) onDone();
  };
  return h("div", { class: "form" }, [
    h("fieldset", { class: "choices" }, [
      h("legend", null, t("members.ask")),
      numbers.map((one) => h("label", { key: one, class: "check" }, [
        h("input", { type: "checkbox", name: `member-${one}`, checked: chosen.includes(one), onChange: () => toggle(one) }),
        h("span", { dir: "auto" }, names.get(one) || t("members.number", { number: one }))])),
    ]),
    h("p", { class: "quiet" }, t("members.several")),
    h(Button, { kind: "main", onClick: () => { save(); }, disabled: !chosen.length, children: t("members.save") }),
  ]);
}
