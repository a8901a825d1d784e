// What comes before joining where a game could not be played: out of an app's own browser, and onto the home screen of an
// iPhone or iPad, whose app has a store of its own.

import { h } from "preact";
import { useState } from "preact/hooks";
import { Button, Languages } from "../parts.js";
import { t } from "../words.js";

/** Told in an app's browser, before anything is loaded or stored there.
 * @param {{ app: string, onStay: () => void }} props */
export function OutOfTheApp({ app, onStay }) {
  return h("main", { class: "screen" }, [
    h("h1", null, t("in_app.title")),
    h("p", null, t("in_app.text", { app: app || t("in_app.another") })),
    h(ThisLink, {}),
    h("p", null, t("in_app.menu")),
    h("div", { class: "actions" }, [h(Button, { onClick: onStay, children: t("in_app.stay") }), h(Languages, {})]),
  ]);
}

/** Told in a tab of an iPhone or iPad. @param {{ onStay: () => void }} props */
export function InstallFirst({ onStay }) {
  return h("main", { class: "screen" }, [
    h("h1", null, t("install.title")),
    h("p", null, t("install.why")),
    h("ol", { class: "steps" }, [1, 2, 3].map((n) => h("li", { key: n }, t(`install.${n}`)))),
    h(ThisLink, {}),
    h("div", { class: "actions" }, [h(Button, { onClick: onStay, children: t("install.stay") }), h(Languages, {})]),
  ]);
}

/** The address of this page, to be carried elsewhere. */
function ThisLink() {
  const [copied, setCopied] = useState(false);
  const copy = () => navigator.clipboard?.writeText(location.href).then(() => setCopied(true), () => undefined);
  return h("div", { class: "form" }, [
    h("label", { class: "field" }, [
      h("span", { class: "label" }, t("link")),
      h("input", { type: "text", name: "link", readOnly: true, dir: "ltr", value: location.href,
        onFocus: (/** @type {Event} */ event) => /** @type {HTMLInputElement} */ (event.currentTarget).select() }),
    ]),
    h(Button, { kind: "main", onClick: () => { copy(); }, children: copied ? `✓ ${t("link.copied")}` : t("link.copy") }),
  ]);
}
