// Challenges: what is asked at the checkpoints that were visited, hints, and photos scaled down before they are kept.

import { h } from "preact";
import { useEffect, useState } from "preact/hooks";
import { answer, photo, record, takeHint } from "../acting.js";
import { home, standing, told } from "../game.js";
import { addressOf, gathered } from "../media.js";
import { Button, Dialog, Field, useNow } from "../parts.js";
import { ofGame, span, t, when } from "../words.js";
import { GalleryDoor } from "./gallery.js";

/** @typedef {import("../bridge.d.ts").ChallengeView} ChallengeView */
/** @typedef {import("../bridge.d.ts").HintView} HintView */

const FORM = { TEXT: 0, NUMBER: 1, CHOICE: 2, ORDER: 3, PHOTO: 4, FREE_TEXT: 5 };
const SIDE_PX_MAX = 1600;
const JPEG_QUALITY = 0.82;

export function Challenges() {
  const [open, setOpen] = useState(/** @type {number | null} */ (null));
  const found = standing.value?.challenges ?? [];
  const chosen = found.find((one) => one.number === open);
  const choose = (/** @type {ChallengeView} */ one) => {
    setOpen(one.number);
    record("open_challenge", { challenge: one.number, at_ms: Date.now() });
  };
  return h("section", { "aria-label": t("tab.tasks") }, [
    found.length ? h("ul", { class: "checkpoints" }, found.map((one) => h("li", { key: one.number },
      h("button", { type: "button", class: `checkpoint ${one.answered ? "visited" : ""}`, onClick: () => choose(one) }, [
        h("span", { class: "arrow" }, one.answered ? "✓" : one.waiting ? "…" : "?"),
        h("span", { class: "checkpoint-name" }, [h("strong", null, one.code), ` ${ofGame(one.name)}`,
          one.answered || one.tries_left !== 0 ? null : h("span", { class: "tag" }, t("tasks.no_tries"))]),
        h("span", { class: "checkpoint-points" }, t("points", { count: one.points, points: one.points })),
      ])))) : h("p", { class: "quiet" }, t("tasks.none")),
    h(GalleryDoor, {}),
    chosen ? h(OneChallenge, { challenge: chosen, onClose: () => setOpen(null) }) : null,
  ]);
}

/** @param {{ challenge: ChallengeView, onClose: () => void }} props */
function OneChallenge({ challenge, onClose }) {
  const [secret, setSecret] = useState("");
  const { form } = challenge;
  const send = async (/** @type {string} */ said) => {
    const outcome = await answer(challenge.number, said, secret.trim() || null);
    if (outcome?.verdict === "accepted") onClose();
  };
  // Another photo or another text may take the place of the one before; what is right or used up is not asked again.
  const again = form === FORM.PHOTO || form === FORM.FREE_TEXT;
  const asked = again || (!challenge.answered && challenge.tries_left !== 0);
  return h(Dialog, { title: ofGame(challenge.name) || challenge.code, onClose, children: [
    h("p", { dir: "auto" }, ofGame(challenge.text)),
    challenge.media.map((number) => h(Shown, { key: number, medium: home.value?.media[number] })),
    challenge.answered ? h("p", { class: "good" }, `✓ ${t("tasks.answered")}`) : h(Stakes, { challenge }),
    challenge.sealed && asked ? h(Field, { label: t("tasks.secret"), name: "secret", value: secret, onInput: setSecret, upper: true }) : null,
    asked && form === FORM.CHOICE ? challenge.choices.map((one) => h(Button, { key: one, onClick: () => { send(one); }, children: ofGame(one) })) : null,
    asked && form === FORM.ORDER ? h(InOrder, { choices: challenge.choices, onSend: send }) : null,
    asked && form === FORM.PHOTO ? h(TakePhoto, { challenge, onClose }) : null,
    asked && (form === FORM.TEXT || form === FORM.NUMBER || form === FORM.FREE_TEXT) ? h(InWords, { challenge, onSend: send }) : null,
    h(Hints, { challenge }),
  ] });
}

/** What is at stake: the points and those for speed, the tries that are left and what a wrong answer costs.
 * @param {{ challenge: ChallengeView }} props */
function Stakes({ challenge }) {
  const now = useNow();
  const { points, speed_points, par_ms, par_ends_ms, tries_left, wrong_points } = challenge;
  const fast = par_ends_ms === null || tries_left === 0 ? 0 : Math.floor((speed_points * Math.min(par_ms, Math.max(0, par_ends_ms - now))) / par_ms);
  return h("ul", { class: "facts", id: "stakes" }, [
    h("li", null, t("points", { count: points, points })),
    fast ? h("li", null, t("tasks.speed", { count: fast, points: fast, time: when(par_ends_ms ?? 0), left: span((par_ends_ms ?? 0) - now) })) : null,
    challenge.waiting ? h("li", null, t("reason.awaits_judging")) : null,
    tries_left === null ? null : h("li", { class: tries_left ? "" : "bad" }, tries_left ? t("tasks.tries", { count: tries_left }) : t("reason.tries_used")),
    wrong_points && tries_left !== 0 ? h("li", null, t("tasks.wrong", { count: wrong_points, points: wrong_points })) : null,
  ]);
}

/** An answer to be typed. @param {{ challenge: ChallengeView, onSend: (said: string) => void }} props */
function InWords({ challenge, onSend }) {
  const [text, setText] = useState("");
  return h("form", { class: "form", onSubmit: (/** @type {Event} */ event) => (event.preventDefault(), onSend(text)) }, [
    h(Field, { label: challenge.unit ? `${t("tasks.answer")} (${ofGame(challenge.unit)})` : t("tasks.answer"), name: "answer", value: text, onInput: setText, mode: challenge.form === FORM.NUMBER ? "decimal" : "text" }),
    h("button", { type: "submit", class: "button main", disabled: !text.trim() }, t("tasks.send")),
  ]);
}

/** All choices, to be tapped in the right order. @param {{ choices: ReadonlyArray<string>, onSend: (said: string) => void }} props */
function InOrder({ choices, onSend }) {
  const [order, setOrder] = useState(/** @type {string[]} */ ([]));
  const left = choices.filter((one) => !order.includes(one));
  return h("div", { class: "form" }, [
    h("ol", null, order.map((one) => h("li", { key: one, dir: "auto" }, ofGame(one)))),
    left.map((one) => h(Button, { key: one, onClick: () => setOrder([...order, one]), children: ofGame(one) })),
    h(Button, { kind: "main", disabled: left.length > 0, onClick: () => onSend(order.join("\n")), children: t("tasks.send") }),
    h(Button, { onClick: () => setOrder([]), children: t("tasks.again") }),
  ]);
}

/** The hints that were taken, and those that can be had next: what each costs, and from when.
 * @param {{ challenge: ChallengeView }} props */
function Hints({ challenge }) {
  const now = useNow();
  const next = challenge.hints.filter((hint) => hint.text === null && !hint.comes_later);
  const label = (/** @type {HintView} */ hint) => (hint.points ? t("tasks.hint", { points: hint.points }) : t("tasks.hint_free"));
  return [
    challenge.hints.map((hint) => (hint.text === null ? null : h("p", { key: hint.number, class: "hint-text", dir: "auto" }, ofGame(hint.text)))),
    next.map((hint) => (hint.from_ms !== null && hint.from_ms > now
      ? h("p", { key: hint.number, class: "quiet", id: "hint-waits" }, t("tasks.hint_later", { time: when(hint.from_ms), left: span(hint.from_ms - now), points: hint.points }))
      : h(Button, { key: hint.number, onClick: () => { takeHint(challenge.number, hint.number); }, children: label(hint) }))),
  ];
}

/** What belongs to a task: a picture, a sound or a film, with whom to credit.
 * @param {{ medium: import("../bridge.d.ts").MediumView | undefined }} props */
function Shown({ medium }) {
  const [address, setAddress] = useState("");
  const isHere = gathered.value === 1;
  useEffect(() => {
    if (!medium || !isHere) return undefined;
    let made = "";
    addressOf(medium).then((found) => setAddress((made = found)), () => undefined);
    return () => URL.revokeObjectURL(made);
  }, [medium?.hash, isHere]);
  if (!medium) return null;
  if (!address) return h("p", { class: "quiet" }, t("tasks.medium_coming", { name: medium.name }));
  const kind = medium.media_type.split("/")[0];
  return h("figure", { class: "shown" }, [
    kind === "image" ? h("img", { src: address, alt: t("tasks.picture") })
      : kind === "audio" ? h("audio", { src: address, controls: true })
        : kind === "video" ? h("video", { src: address, controls: true, playsInline: true }) : null,
    medium.credit ? h("figcaption", { class: "quiet" }, medium.credit) : null,
  ]);
}

/** @param {{ challenge: ChallengeView, onClose: () => void }} props */
function TakePhoto({ challenge, onClose }) {
  const [busy, setBusy] = useState(false);
  const taken = async (/** @type {Event} */ event) => {
    const file = /** @type {HTMLInputElement} */ (event.currentTarget).files?.[0];
    if (!file) return;
    setBusy(true);
    const picture = await scaled(file).catch(() => null);
    if (!picture) told.value = { text: t("failed.picture_unknown"), kind: "bad" };
    const outcome = picture && (await photo(challenge.number, picture));
    setBusy(false);
    if (outcome?.verdict === "accepted" || outcome?.kept) onClose();
  };
  return h("label", { class: "button main file", "aria-busy": busy }, [busy ? t("loading") : t("tasks.photo"),
    h("input", { type: "file", accept: "image/*", capture: "environment", onChange: taken, disabled: busy })]);
}

/** A picture drawn anew at 1600 px at most: what the camera wrote about its owner does not survive that.
 * @param {Blob} file */
export async function scaled(file) {
  const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  const scale = Math.min(1, SIDE_PX_MAX / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale))];
  /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const made = await new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
  return new Uint8Array(await /** @type {Blob} */ (made).arrayBuffer());
}
