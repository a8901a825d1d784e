// Reading an NFC tag where the browser can: the text on it stands for the code of the place.

import { h } from "preact";
import { useEffect, useState } from "preact/hooks";
import { scanned } from "../acting.js";
import { Dialog } from "../parts.js";
import { t } from "../words.js";

/** What Web NFC gives (https://w3c.github.io/web-nfc/); the types of TypeScript lack it.
 * @typedef {{ recordType: string, encoding?: string, data?: DataView }} TagRecord
 * @typedef {EventTarget & { scan: (options: { signal: AbortSignal }) => Promise<void> }} TagReader */

/** Whether this browser reads tags. */
export function readsTags() {
  return "NDEFReader" in window;
}

/** Check in by the first tag with a text or an address on it.
 * @param {{ onClose: () => void, onDone: () => void }} props */
export function TagScanner({ onClose, onDone }) {
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    const reader = /** @type {TagReader} */ (new (/** @type {any} */ (window).NDEFReader)());
    const read = async (/** @type {any} */ event) => {
      const text = textOf(event.message.records);
      if (!text) {
        setProblem(t("tag.empty"));
        return;
      }
      stop.abort();
      onClose();
      const outcome = await scanned(text);
      if (outcome?.verdict === "accepted") onDone();
    };
    reader.addEventListener("reading", read, { signal: stop.signal });
    reader.addEventListener("readingerror", () => setProblem(t("tag.empty")), { signal: stop.signal });
    reader.scan({ signal: stop.signal }).catch((error) => stop.signal.aborted || setProblem(t(error?.name === "NotAllowedError" ? "tag.denied" : "tag.missing")));
    return () => stop.abort();
  }, []);
  return h(Dialog, { title: t("check_in.tag"), onClose, children: [
    h("p", { role: "status" }, t("tag.hold")),
    problem ? h("p", { class: "problem", role: "alert" }, problem) : null,
  ] });
}

/** The first text or address among the records of a tag, "" where there is none.
 * @param {ReadonlyArray<TagRecord>} records */
function textOf(records) {
  const found = records.find((one) => one.recordType === "text" || one.recordType === "url");
  return found?.data ? new TextDecoder(found.encoding ?? "utf-8").decode(found.data).trim() : "";
}
