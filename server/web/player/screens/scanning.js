// Reading a QR code by the camera. The scanner is loaded when it is first opened; it is in the set, so it works offline.

import { h } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { scanned } from "../acting.js";
import { Dialog } from "../parts.js";
import { t } from "../words.js";

const EVERY_MS = 150;
const SIDE_PX_MAX = 960;

/** Check in by the first code that is seen.
 * @param {{ onClose: () => void, onDone: () => void }} props */
export function CheckInScanner({ onClose, onDone }) {
  const found = async (/** @type {string} */ text) => {
    onClose();
    const outcome = await scanned(text);
    if (outcome?.verdict === "accepted") onDone();
  };
  return h(Scanner, { onClose, onText: found });
}

/** The camera, until it has seen a code.
 * @param {{ onClose: () => void, onText: (text: string) => void }} props */
export function Scanner({ onClose, onText }) {
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null));
  const [problem, setProblem] = useState("");
  useEffect(() => {
    const stop = new AbortController();
    look(/** @type {HTMLVideoElement} */ (video.current), stop.signal)
      .then((text) => text !== null && onText(text))
      .catch((error) => setProblem(t(error?.name === "NotAllowedError" ? "camera.denied" : "camera.missing")));
    return () => stop.abort();
  }, []);
  return h(Dialog, { title: t("check_in.scan"), onClose, children: problem
    ? h("p", { class: "problem", role: "alert" }, problem)
    : [h("video", { ref: video, class: "camera", playsInline: true, muted: true, "aria-label": t("camera.view") }), h("p", { class: "quiet" }, t("camera.hold"))] });
}

/** The text of the first code that is seen; null where it was stopped before.
 * @param {HTMLVideoElement} video @param {AbortSignal} stop
 * @returns {Promise<string | null>} */
async function look(video, stop) {
  const camera = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } }, audio: false });
  try {
    video.srcObject = camera;
    await video.play();
    const read = await reader();
    const canvas = document.createElement("canvas");
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
    while (!stop.aborted) {
      const scale = Math.min(1, SIDE_PX_MAX / Math.max(video.videoWidth, video.videoHeight, 1));
      [canvas.width, canvas.height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
      if (canvas.width && canvas.height) {
        context.drawImage(video, 0, 0, canvas.width, canvas.height);
        const text = await read(context.getImageData(0, 0, canvas.width, canvas.height));
        if (text) return text;
      }
      await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
    }
    return null;
  } finally {
    for (const track of camera.getTracks()) track.stop();
  }
}

/** @type {Promise<(image: ImageData) => Promise<string>> | null} */
let loading = null;

/** What reads a picture; its WebAssembly comes from the set and from nowhere else. */
export function reader() {
  loading ??= (async () => {
    const { prepareZXingModule, readBarcodes } = await import("zxing-wasm/reader");
    const base = new URL("../vendor/", import.meta.url).href;
    prepareZXingModule({ overrides: { locateFile: (/** @type {string} */ name) => `${base}${name}` }, fireImmediately: false });
    return async (/** @type {ImageData} */ image) => {
      const [found] = await readBarcodes(image, { formats: ["QRCode"], tryHarder: true, maxNumberOfSymbols: 1 });
      return found?.text ?? "";
    };
  })();
  return loading;
}
