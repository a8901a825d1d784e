// Small parts that every screen is made of.

import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { signal } from "@preact/signals";
import { told } from "./game.js";
import { LANGUAGES, chooseLanguage, language, t } from "./words.js";

/** @typedef {import("preact").ComponentChildren} Children */

/** A button at least 44 px high.
 * @param {{ children: Children, onClick: () => void, kind?: "main" | "plain" | "danger", disabled?: boolean, label?: string }} props */
export function Button({ children, onClick, kind = "plain", disabled = false, label }) {
  return h("button", { type: "button", class: `button ${kind}`, onClick, disabled, "aria-label": label }, children);
}

/** A labelled text field.
 * @param {{ label: string, value: string, onInput: (text: string) => void, hint?: string, name: string, upper?: boolean,
 *   required?: boolean, mode?: "text" | "decimal" }} props */
export function Field({ label, value, onInput, hint, name, upper = false, required = false, mode = "text" }) {
  return h("label", { class: "field" }, [
    h("span", { class: "label" }, label),
    h("input", {
      type: "text", name, value, dir: "auto", required, inputMode: mode, autocomplete: "off", autocapitalize: upper ? "characters" : "sentences",
      spellcheck: false, enterKeyHint: "done",
      onInput: (/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.currentTarget).value),
    }),
    hint ? h("span", { class: "hint" }, hint) : null,
  ]);
}

/** What became of the last action, until it is put away; in the dialog on top, else on the screen. */
export function Told() {
  const said = told.value;
  const last = useRef({ said, number: 0 });
  if (last.current.said !== said) last.current = { said, number: last.current.number + 1 };
  // A paragraph of its own for each: the same words once more are read out once more.
  return h("div", { class: `told ${said?.kind ?? ""}`, role: "status", "aria-live": "polite" }, said
    ? [h("p", { key: last.current.number }, said.text), h(Button, { onClick: () => (told.value = null), label: t("close"), children: "✕" })] : null);
}

/** The time now, told anew every second. */
export function useNow() {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** How many dialogs are open, one over the other. */
export const openDialogs = signal(0);

/** A dialog over the screen; closed by its button, a tap beside it, Escape and the system's back gesture. Where it was opened
 * from has the focus again afterwards.
 * @param {{ title: string, onClose: () => void, children: Children }} props */
export function Dialog({ title, onClose, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  const [depth, setDepth] = useState(0);
  useEffect(() => {
    const opener = /** @type {HTMLElement | null} */ (document.activeElement);
    const dialog = /** @type {HTMLDialogElement} */ (box.current);
    openDialogs.value += 1;
    setDepth(openDialogs.value);
    dialog.showModal();
    return () => {
      openDialogs.value -= 1;
      dialog.close(); // what lies below takes no focus while this is open
      (opener?.isConnected ? opener : /** @type {HTMLElement | null} */ (document.querySelector(".tab[aria-current]")))?.focus();
    };
  }, []);
  const beside = (/** @type {MouseEvent} */ event) => event.target === box.current && box.current?.close();
  return h("dialog", { ref: box, class: "dialog", "aria-label": title, onClose, onClick: beside }, [
    h("div", { class: "dialog-top" }, [
      depth === openDialogs.value ? h(Told, {}) : null,
      h("header", { class: "dialog-head" }, [
        h("h2", { dir: "auto" }, title),
        h(Button, { onClick: () => box.current?.close(), label: t("close"), children: "✕" }),
      ]),
    ]),
    h("div", { class: "dialog-body" }, children),
  ]);
}

/** The languages that there are, each by its own name. */
export function Languages() {
  const choose = (/** @type {Event} */ event) => chooseLanguage(new URL("./", import.meta.url).href, /** @type {HTMLSelectElement} */ (event.currentTarget).value);
  return h("label", { class: "field" }, [
    h("span", { class: "label" }, t("language")),
    h("select", { name: "language", value: language(), onChange: choose },
      Object.entries(LANGUAGES).map(([code, name]) => h("option", { key: code, value: code, lang: code }, name))),
  ]);
}

/** A value with what it is. @param {{ name: string, value: Children, kind?: string }} props */
export function Figure({ name, value, kind = "" }) {
  return h("div", { class: `figure ${kind}` }, [h("span", { class: "figure-name" }, name), h("strong", null, value)]);
}
