// The page's side of the worker: calls as promises, and the requests that a page may make and a worker may not.

/** @typedef {import("./bridge.d.ts").Calls} Calls */
/** @typedef {import("./bridge.d.ts").Fetch} Fetch */
/** @typedef {import("./bridge.d.ts").Fetched} Fetched */

/** A call that failed: by its code, for people in English by its message. */
export class CallFailed extends Error {
  /** @param {string} code @param {string} detail @param {number} [retryAfterMs] */
  constructor(code, detail, retryAfterMs = 0) {
    super(detail || code);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

export class Core {
  /** @type {Map<number, { postedAt: number, resolve: (answer: any) => void, reject: (error: CallFailed) => void }>} */
  #waiting = new Map();
  #number = 0;
  /** Where the time of the call that was answered last went, in ms: on the way there, in Python, at the disk, on the way back. */
  spent = { thereMs: 0, pythonMs: 0, diskMs: 0, backMs: 0 };

  /** @type {{ resolve: (store: "opfs" | "indexed" | "memory") => void, reject: (error: CallFailed) => void } | null} */
  #starting = null;
  /** @type {CallFailed | null} */
  #broken = null;
  /** How much of the start is done, from 0 to 1; and who is told. */
  #share = 0;
  /** @type {(share: number) => void} */
  #progress = () => undefined;

  /** A worker that begins at once to load Python, and opens no store before it is started.
   * @param {string} base */
  constructor(base) {
    this.worker = new Worker(`${base}worker/worker.js`, { type: "module" });
    this.worker.onmessage = ({ data }) => this.#heard(data);
    this.worker.onerror = (event) => {
      this.#broken = new CallFailed("app_fault", event.message ?? "the worker did not start");
      this.#starting?.reject(this.#broken);
    };
  }

  /** Open the store and the bridge; answers which kind of store it found. Rejects with `CallFailed`; after "store_locked"
   * it may be tried again.
   * @param {string | null} kept which kind of store holds a game @param {(share: number) => void} progress
   * @returns {Promise<"opfs" | "indexed" | "memory">} */
  start(kept, progress) {
    this.#progress = progress;
    progress(this.#share);
    if (this.#broken) return Promise.reject(this.#broken);
    return new Promise((resolve, reject) => {
      this.#starting = { resolve, reject };
      this.worker.postMessage({ kind: "start", kept });
    });
  }

  /** Make a call of the table; rejects with `CallFailed`.
   * @template {keyof Calls} Name
   * @param {Name} name
   * @param {Calls[Name]["asked"]} asked
   * @returns {Promise<Calls[Name]["answered"]>} */
  call(name, asked) {
    return this.#post({ kind: "call", name, asked });
  }

  /** The store's files as they are, for one that cannot be opened.
   * @returns {Promise<Record<string, Uint8Array>>} */
  contents() {
    return this.#post({ kind: "contents" });
  }

  /** Erase the store and the keys of this browser. */
  erase() {
    return this.#post({ kind: "erase" });
  }

  /** Let the worker give back what it does not need any more. */
  collect() {
    this.worker.postMessage({ kind: "collect" });
  }

  stop() {
    this.worker.terminate();
    for (const { reject } of this.#waiting.values()) reject(new CallFailed("store_taken", "another tab took over"));
    this.#waiting.clear();
  }

  /** @param {Record<string, unknown>} message
   * @returns {Promise<any>} */
  #post(message) {
    const id = (this.#number += 1);
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { postedAt: moment(), resolve, reject });
      this.worker.postMessage({ ...message, id });
    });
  }

  /** @param {any} data */
  async #heard(data) {
    if (data.kind === "fetch") {
      const fetched = await carry(data.fetch);
      this.worker.postMessage({ kind: "fetched", id: data.id, fetched });
    } else if (data.kind === "answer") {
      const waiting = this.#waiting.get(data.id);
      this.#waiting.delete(data.id);
      if (waiting && data.spent) this.spent = spentOf(waiting.postedAt, data.spent);
      if (data.step.step === "done") waiting?.resolve(data.step.answer);
      else waiting?.reject(new CallFailed(data.step.code, data.step.detail, data.step.retry_after_ms));
    } else if (data.kind === "progress") this.#progress((this.#share = data.share));
    else if (data.kind === "started") this.#starting?.resolve(data.store);
    else if (data.kind === "failed") this.#starting?.reject(new CallFailed(data.code, data.detail));
  }
}

/** By the clock that page and worker share, in ms since the epoch. */
function moment() {
  return performance.timeOrigin + performance.now();
}

/** @param {number} postedAt @param {import("./worker/worker.js").Spent} spent */
function spentOf(postedAt, { beganAt, pythonMs, diskMs, endedAt }) {
  return { thereMs: beganAt - postedAt, pythonMs, diskMs, backMs: moment() - endedAt };
}

/** Carry one request: without cookies, past the caches, bounded in time and size.
 * @param {Fetch} request
 * @returns {Promise<Fetched>} */
export async function carry(request) {
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), request.timeout_ms);
  try {
    /** @type {Record<string, string>} */
    const headers = {};
    if (request.media_type) headers["Content-Type"] = request.media_type;
    if (request.accept) headers["Accept"] = request.accept;
    const response = await fetch(request.url, {
      method: request.method,
      headers,
      body: request.method === "POST" ? new Uint8Array(request.body) : undefined,
      mode: "cors",
      credentials: "omit",
      cache: "no-store",
      redirect: "manual",
      referrerPolicy: "no-referrer",
      signal: giveUp.signal,
    });
    if (response.type === "opaqueredirect") return { failure: "redirect" };
    const body = await atMost(response, request.bytes_max);
    if (!body) return { failure: "too_big" };
    return {
      status: response.status,
      reason: response.statusText.slice(0, 200),
      content_type: (response.headers.get("Content-Type") ?? "").slice(0, 200),
      retry_after: response.headers.get("Retry-After")?.slice(0, 200) ?? null,
      body,
    };
  } catch {
    return { failure: giveUp.signal.aborted ? "slow" : "down" };
  } finally {
    clearTimeout(timer);
  }
}

/** A body, or null where it is larger.
 * @param {Response} response @param {number} bytesMax */
async function atMost(response, bytesMax) {
  if (!response.body) return new Uint8Array();
  const reader = response.body.getReader();
  const pieces = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > bytesMax) {
      await reader.cancel();
      return null;
    }
    pieces.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
