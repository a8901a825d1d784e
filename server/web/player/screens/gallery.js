// The gallery: photos of all teams that staff chose to show. It names nobody, needs a network, and is kept nowhere.

import { h } from "preact";
import { useEffect, useState } from "preact/hooks";
import { record } from "../acting.js";
import { home, told } from "../game.js";
import { Button, Dialog, Field } from "../parts.js";
import { clock, t } from "../words.js";

/** @typedef {{ id: string, challenge: string, at_ms: number }} Photo */

/** So many photos are fetched at a time: some 2 MB. */
const AT_ONCE = 6;

/** The door to it, in a game that asks for photos. */
export function GalleryDoor() {
  const [open, setOpen] = useState(false);
  if (!home.value?.photos) return null;
  return h("div", { class: "actions" }, [
    h(Button, { onClick: () => setOpen(true), children: t("gallery") }),
    open ? h(Gallery, { onClose: () => setOpen(false) }) : null,
  ]);
}

/** @param {{ onClose: () => void }} props */
function Gallery({ onClose }) {
  const [found, setFound] = useState(/** @type {{ address: string, photos: Photo[] } | null} */ (null));
  const [problem, setProblem] = useState("");
  const [count, setCount] = useState(AT_ONCE);
  const [hidden, setHidden] = useState(/** @type {ReadonlyArray<string>} */ ([]));
  useEffect(() => {
    listed().then(setFound, () => setProblem(t("gallery.unreached")));
  }, []);
  const photos = found?.photos.filter((one) => !hidden.includes(one.id)) ?? [];
  return h(Dialog, { title: t("gallery"), onClose, children: [
    problem ? h("p", { class: "problem", role: "alert" }, problem) : null,
    !found && !problem ? h("p", { class: "quiet", role: "status" }, t("loading")) : null,
    found && !photos.length ? h("p", { class: "quiet" }, t("gallery.none")) : null,
    photos.slice(0, count).map((photo) => h(OnePhoto, { key: photo.id, photo, address: `${found?.address}/${photo.id}`, onReported: () => setHidden([...hidden, photo.id]) })),
    photos.length > count ? h(Button, { onClick: () => setCount(count + AT_ONCE), children: t("gallery.more") }) : null,
  ] });
}

/** What the first node shows that answers. */
async function listed() {
  for (const upstream of home.value?.upstreams ?? []) {
    const address = upstream.replace(/\/sync\/v1\/([^/]+)\/([^/]+)$/, "/api/v1/$1/games/$2/gallery");
    const response = await asked(address).catch(() => null);
    if (response?.ok) return { address, photos: /** @type {Photo[]} */ (await response.json()) };
  }
  throw new Error("no server answers");
}

/** @param {string} address */
function asked(address) {
  return fetch(address, { credentials: "omit", cache: "no-store", referrerPolicy: "no-referrer" });
}

/** @param {{ photo: Photo, address: string, onReported: () => void }} props */
function OnePhoto({ photo, address, onReported }) {
  const [picture, setPicture] = useState("");
  const [failed, setFailed] = useState(false);
  const [reporting, setReporting] = useState(false);
  useEffect(() => {
    let made = "";
    asked(address)
      .then((response) => (response.ok ? response.blob() : Promise.reject(new Error(String(response.status)))))
      .then((content) => setPicture((made = URL.createObjectURL(content))))
      .catch(() => setFailed(true));
    return () => URL.revokeObjectURL(made);
  }, [address]);
  return h("figure", { class: "shown" }, [
    picture ? h("img", { src: picture, alt: t("gallery.alt", { code: photo.challenge }) })
      : h("p", { class: "quiet" }, failed ? t("gallery.unreached") : t("loading")),
    h("figcaption", { class: "quiet" }, `${photo.challenge} · ${clock(photo.at_ms)}`),
    reporting ? h(Report, { photo, onReported }) : h(Button, { onClick: () => setReporting(true), children: t("gallery.report") }),
  ]);
}

/** A report takes the photo away from everybody at once, as soon as it arrives. @param {{ photo: Photo, onReported: () => void }} props */
function Report({ photo, onReported }) {
  const [text, setText] = useState("");
  const send = async (/** @type {Event} */ event) => {
    event.preventDefault();
    if (!(await record("report", { photo: bytesOf(photo.id), at_ms: Date.now(), text: text.trim() }))) return;
    told.value = { text: t("gallery.reported"), kind: "plain" };
    onReported();
  };
  return h("form", { class: "form", onSubmit: send }, [
    h(Field, { label: t("gallery.what"), name: "report", value: text, onInput: setText }),
    h("button", { type: "submit", class: "button danger" }, t("gallery.send")),
  ]);
}

/** @param {string} hex */
function bytesOf(hex) {
  return Uint8Array.from(hex.match(/../g) ?? [], (byte) => parseInt(byte, 16));
}
