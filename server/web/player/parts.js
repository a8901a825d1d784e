// Small parts that every screen is made of.

import { h } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./words.js";

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
      type: "text", name, value, required, inputMode: mode, autocomplete: "off", autocapitalize: upper ? "characters" : "sentences",
      spellcheck: false, enterKeyHint: "done",
      onInput: (/** @type {Event} */ event) => onInput(/** @type {HTMLInputElement} */ (event.currentTarget).value),
    }),
    hint ? h("span", { class: "hint" }, hint) : null,
  ]);
}

/** A dialog over the screen; closed by its button, by Escape and by the system's back gesture.
 * @param {{ title: string, onClose: () => void, children: Children }} props */
export function Dialog({ title, onClose, children }) {
  const box = useRef(/** @type {HTMLDialogElement | null} */ (null));
  useEffect(() => {
    box.current?.showModal();
  }, []);
  return h("dialog", { ref: box, class: "dialog", "aria-label": title, onClose, onCancel: onClose }, [
    h("header", { class: "dialog-head" }, [
      h("h2", null, title),
      h(Button, { onClick: () => box.current?.close(), label: t("close"), children: "✕" }),
    ]),
    h("div", { class: "dialog-body" }, children),
  ]);
}

/** A value with what it is. @param {{ name: string, value: Children, kind?: string }} props */
export function Figure({ name, value, kind = "" }) {
  return h("div", { class: `figure ${kind}` }, [h("span", { class: "figure-name" }, name), h("strong", null, value)]);
}
