// Help, offline too: the number, where I am, SOS, words to staff, and what a player can do with this phone.

import { h } from "preact";
import { useState } from "preact/hooks";
import { record } from "../acting.js";
import { background } from "../background.js";
import { bringDay, saveDay } from "../day_file.js";
import { fix, home, offered, standing, storeKind, told } from "../game.js";
import { forgetMedia } from "../media.js";
import { leave } from "../opening.js";
import { Button, Dialog, Field, Languages } from "../parts.js";
import { locate, locating } from "../places.js";
import { sync, syncState } from "../syncing.js";
import { clock, failureText, t } from "../words.js";
import { MembersDialog } from "./members.js";

export function Help() {
  const [asking, setAsking] = useState(/** @type {"sos" | "retire" | "leave" | "about" | "members" | null} */ (null));
  const here = fix.value;
  const found = standing.value;
  const close = () => setAsking(null);
  return h("section", { "aria-label": t("tab.help") }, [
    h("div", { class: "actions first" }, [
      h("a", { class: "button danger", href: `tel:${home.value?.emergency_number}` }, t("help.call", { number: home.value?.emergency_number ?? "112" })),
      h("p", { class: "position" }, here ? t("help.position", { lat: (here.lat_e7 / 1e7).toFixed(5), lon: (here.lon_e7 / 1e7).toFixed(5),
        m: Math.ceil((here.accuracy_mm ?? 0) / 1000), time: clock(here.at_ms) }) : t("help.no_position")),
      locating.value === "off" ? h(Button, { onClick: locate, children: t("fix.allow") }) : null,
      h(Button, { kind: "danger", onClick: () => setAsking("sos"), children: t("help.sos") }),
    ]),
    (found?.alarms ?? []).map((alarm) => h(AlarmState, { alarm })),
    h(Messages, {}),
    h(Safety, {}),
    h("div", { class: "actions" }, [
      h(Button, { onClick: saveDay, children: t("help.save") }),
      h("label", { class: "button file" }, [t("help.bring"), h("input", { type: "file", accept: ".wayfold", onChange: bringDay })]),
      found?.members.length || offered.value.length ? h(Button, { onClick: () => setAsking("members"), children: t("members.title") }) : null,
      h(Button, { onClick: () => setAsking("retire"), children: t("help.retire") }),
      h(Languages, {}),
      h(Button, { onClick: () => setAsking("about"), children: t("about") }),
      h(Button, { kind: "danger", onClick: () => setAsking("leave"), children: t("help.leave") }),
    ]),
    asking === "sos" ? h(Sos, { onClose: close }) : null,
    asking === "members" ? h(MembersDialog, { onClose: close }) : null,
    asking === "retire" ? h(Sure, { title: t("help.retire"), text: t("help.retire_text"), onClose: close, onSure: () => record("retire", { at_ms: Date.now() }) }) : null,
    asking === "leave" ? h(Sure, { title: t("help.leave"), text: leaveText(), onClose: close, onSure: erase }) : null,
    asking === "about" ? h(About, { onClose: close }) : null,
  ]);
}

/** What became of a call for help: only here, with a server, or seen by staff.
 * @param {{ alarm: import("../bridge.d.ts").AlarmView }} props */
function AlarmState({ alarm }) {
  if (alarm.seen.length) return h("p", { class: "good", role: "status" }, `✓✓ ${t("help.sos_seen", { note: alarm.seen.join("; ") })}`);
  return h("p", { class: "problem", role: "status" }, t(alarm.sent ? "help.sos_unseen" : "help.sos_unsent", { time: clock(alarm.at_ms), number: home.value?.emergency_number ?? "112" }));
}

function leaveText() {
  const unsent = standing.value?.safety.unsent ?? 0;
  return unsent ? t("help.leave_unsent", { count: unsent }) : t("help.leave_text");
}

async function erase() {
  await leave();
  await forgetMedia();
  location.reload();
}

/** @param {{ onClose: () => void }} props */
function Sos({ onClose }) {
  const [text, setText] = useState("");
  const send = async () => {
    const battery = await /** @type {any} */ (navigator).getBattery?.().catch(() => null);
    await record("sos", { at_ms: Date.now(), text, fix: fix.value, battery_percent: battery ? Math.round(battery.level * 100) : null });
    onClose();
    sync();
  };
  return h(Dialog, { title: t("help.sos"), onClose, children: [
    h("p", null, t("help.sos_text", { number: home.value?.emergency_number ?? "112" })),
    h(Field, { label: t("help.sos_what"), name: "sos", value: text, onInput: setText }),
    h(Button, { kind: "danger", onClick: send, children: t("help.sos_send") }),
  ] });
}

/** @param {{ title: string, text: string, onClose: () => void, onSure: () => unknown }} props */
function Sure({ title, text, onClose, onSure }) {
  return h(Dialog, { title, onClose, children: [
    h("p", null, text),
    h(Button, { kind: "danger", onClick: async () => { await onSure(); onClose(); }, children: title }),
  ] });
}

function Messages() {
  const [text, setText] = useState("");
  const found = standing.value;
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!(await record("say", { text: text.trim(), at_ms: Date.now() }))) return;
    setText("");
    told.value = { text: t("messages.kept"), kind: "plain" };
  };
  return h("section", { "aria-label": t("messages") }, [
    h("h2", null, t("messages")),
    found?.messages.length ? h("ul", { class: "messages" }, found.messages.map((one) =>
      h("li", { key: one.at_ms, class: one.urgent ? "urgent" : "" }, [h("p", null, [h("span", { class: "quiet" }, clock(one.at_ms)), " ", h("bdi", null, one.text)]),
        one.read ? null : h(Button, { onClick: () => { record("read_message", { message: one.id, at_ms: Date.now() }); }, children: t("messages.read") })])))
      : h("p", { class: "quiet" }, t("messages.none")),
    found?.words.length ? [
      h("h2", null, t("messages.yours")),
      h("ul", { class: "messages" }, found.words.map((one) => h("li", { key: one.at_ms }, [h("span", { class: "quiet" }, clock(one.at_ms)), " ", h("bdi", null, one.text), " ",
        h("span", { class: one.sent ? "good" : "unsent" }, t(one.seen ? "messages.seen" : one.sent ? "messages.sent" : "messages.unsent"))]))),
    ] : null,
    h("form", { class: "form", onSubmit: send }, [
      h(Field, { label: t("messages.say"), name: "say", value: text, onInput: setText }),
      h("button", { type: "submit", class: "button", disabled: !text.trim() }, t("messages.send")),
    ]),
  ]);
}

/** What is safe, what waits, and what failed last, with why. */
function Safety() {
  const safety = standing.value?.safety;
  if (!safety) return null;
  return h("section", { "aria-label": t("safety") }, [
    h("h2", null, t("safety")),
    h("p", null, [t("safety.unsent", { count: safety.unsent }), " ", t("safety.custody", { count: safety.in_custody }), " ", t("safety.safe", { count: safety.safe })]),
    storeKind.value === "memory" ? h("p", { class: "problem", role: "alert" }, t("safety.memory")) : null,
    safety.failures.map((one) => h("p", { class: "quiet" }, t("safety.failed", { url: new URL(one.url).host, time: clock(one.at_ms), why: failureText(one.code) }))),
    h("p", { class: "quiet" }, t(background.value ? "safety.background" : "safety.foreground")),
    h(Button, { onClick: () => { sync(); }, disabled: syncState.value.busy, children: syncState.value.busy ? t("sync.busy") : t("sync.now") }),
  ]);
}

/** @param {{ onClose: () => void }} props */
function About({ onClose }) {
  const [notices, setNotices] = useState(/** @type {{ name: string, version: string, licence: string, text: string }[]} */ ([]));
  if (!notices.length) fetch(new URL("../notices.json", import.meta.url)).then((response) => response.json()).then(setNotices, () => undefined);
  return h(Dialog, { title: t("about"), onClose, children: [
    h("p", null, t("about.text", { stamp: document.body.dataset.stamp ?? "" })),
    notices.map((one) => h("details", { key: one.name, dir: "ltr" }, [h("summary", null, `${one.name} ${one.version} · ${one.licence}`), h("pre", null, one.text)])),
  ] });
}
