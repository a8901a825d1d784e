// A bare start of the browser's Python: the page of a set whose worker runs nothing of ours. What the app is held against.

const BASE = new URL("./", import.meta.url).href;
const worker = new Worker(`${BASE}worker/worker.js`, { type: "module" });
const waiting = [];

/** One durable commit of a row of 24 bytes; resolves when it is with the disk. */
window.bareCommit = () =>
  new Promise((resolve) => {
    waiting.push(resolve);
    worker.postMessage("commit");
  });

worker.onmessage = ({ data }) => {
  if (data === "ready") {
    document.body.dataset.ready = "true";
    navigator.serviceWorker.register("/play/service-worker.js", { scope: "/play/", updateViaCache: "none" });
  } else if (data === "saved") waiting.shift()();
  else console.error(data);
};
