// Where a browser gives no OPFS: the store's files in memory, their changed blocks kept in IndexedDB before anything is
// acknowledged. (Emscripten's own IDBFS asks the time of a file whether it changed, so it misses a second change within
// one tick of a clock that some browsers let tick in 100 ms; and it writes whole files.)
//
// What always holds: `settle` resolves after all that was written before it is in one durable transaction, so what is
// found again is what the files were at one moment between two calls. A tab that another one took the store from writes
// nothing more.

const DATABASE = "wayfold-store";
const BLOCKS = "block";
const SIZES = "size";
const OWNER = "owner";
const BLOCK_BYTES = 32 * 1024;

/** What a file of the store needs of a handle (`FileSystemSyncAccessHandle`), in memory. */
class BlockHandle {
  /** @param {string} name */
  constructor(name) {
    this.name = name;
    this.size = 0;
    this.bytes = new Uint8Array(BLOCK_BYTES);
    /** @type {Set<number>} */
    this.changed = new Set();
    this.resized = false;
  }

  getSize() {
    return this.size;
  }

  /** @param {Uint8Array} into @param {{ at: number }} where */
  read(into, { at }) {
    const found = this.bytes.subarray(at, Math.min(at + into.length, this.size));
    into.set(found);
    return found.length;
  }

  /** @param {Uint8Array} content @param {{ at: number }} where */
  write(content, { at }) {
    this.#reserve(at + content.length);
    this.bytes.set(content, at);
    if (at + content.length > this.size) this.#resize(at + content.length);
    this.#touch(at, at + content.length);
    return content.length;
  }

  /** @param {number} size */
  truncate(size) {
    this.#reserve(size);
    if (size < this.size) {
      this.bytes.fill(0, size, this.size);
      this.#touch(size, size + 1);
    }
    this.#resize(size);
  }

  flush() {}
  close() {}

  /** Take what was kept. @param {number} size @param {Map<number, Uint8Array>} blocks */
  restore(size, blocks) {
    this.#reserve(size);
    this.size = size;
    for (const [number, block] of blocks) if (number * BLOCK_BYTES < size) this.bytes.set(block, number * BLOCK_BYTES);
  }

  /** @param {number} number */
  block(number) {
    return this.bytes.slice(number * BLOCK_BYTES, (number + 1) * BLOCK_BYTES);
  }

  /** @param {number} size */
  #resize(size) {
    this.size = size;
    this.resized = true;
  }

  /** @param {number} from @param {number} to */
  #touch(from, to) {
    for (let number = Math.floor(from / BLOCK_BYTES); number * BLOCK_BYTES < to; number += 1) this.changed.add(number);
  }

  /** @param {number} size */
  #reserve(size) {
    if (size <= this.bytes.length) return;
    const blocks = Math.ceil(Math.max(size, this.bytes.length * 2) / BLOCK_BYTES);
    const larger = new Uint8Array(blocks * BLOCK_BYTES);
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

/** Blocks of some files in IndexedDB, owned by whoever opened them last. */
export class BlockStore {
  /** @param {IDBDatabase} database @param {string} owner @param {BlockHandle[]} handles */
  constructor(database, owner, handles) {
    this.database = database;
    this.owner = owner;
    this.handles = handles;
    /** @type {Promise<void>} */
    this.settling = Promise.resolve();
  }

  /** Open the files of these names and become their owner. Rejects with a `DOMException` where there is no IndexedDB.
   * @param {ReadonlyArray<string>} names
   * @returns {Promise<BlockStore>} */
  static async open(names) {
    const database = await opened();
    const owner = crypto.randomUUID();
    const handles = names.map((name) => new BlockHandle(name));
    const transaction = database.transaction([BLOCKS, SIZES, OWNER], "readwrite", { durability: "strict" });
    transaction.objectStore(OWNER).put(owner, 0);
    for (const handle of handles) {
      const all = IDBKeyRange.bound([handle.name], [handle.name, []]);
      const size = transaction.objectStore(SIZES).get(handle.name);
      const keys = transaction.objectStore(BLOCKS).getAllKeys(all);
      const blocks = transaction.objectStore(BLOCKS).getAll(all);
      blocks.onsuccess = () =>
        handle.restore(size.result ?? 0, new Map(keys.result.map((key, n) => [/** @type {[string, number]} */ (key)[1], blocks.result[n]])));
    }
    await done(transaction);
    return new BlockStore(database, owner, handles);
  }

  /** Keep what changed; calls take turns. Rejects with a `DOMException`: `QuotaExceededError`, or `InvalidStateError`
   * where another tab owns the store.
   * @returns {Promise<void>} */
  settle() {
    const turn = this.settling.then(() => this.#keep());
    this.settling = turn.catch(() => undefined);
    return turn;
  }

  async #keep() {
    const changed = this.handles.filter((handle) => handle.changed.size || handle.resized);
    if (!changed.length) return;
    const transaction = this.database.transaction([BLOCKS, SIZES, OWNER], "readwrite", { durability: "strict" });
    const kept = changed.map((handle) => ({ handle, numbers: [...handle.changed] }));
    let robbed = false;
    const owner = transaction.objectStore(OWNER).get(0);
    owner.onsuccess = () => {
      robbed = owner.result !== this.owner;
      if (robbed) transaction.abort();
    };
    for (const { handle, numbers } of kept) {
      transaction.objectStore(SIZES).put(handle.size, handle.name);
      for (const number of numbers) transaction.objectStore(BLOCKS).put(handle.block(number), [handle.name, number]);
      handle.changed.clear();
      handle.resized = false;
    }
    try {
      await done(transaction);
    } catch (error) {
      for (const { handle, numbers } of kept) {
        for (const number of numbers) handle.changed.add(number);
        handle.resized = true;
      }
      throw robbed ? new DOMException("another tab has the store", "InvalidStateError") : error;
    }
  }

  close() {
    this.database.close();
  }

  /** Forget everything; the store must not be open. */
  static erase() {
    return /** @type {Promise<void>} */ (
      new Promise((resolve, reject) => {
        const request = indexedDB.deleteDatabase(DATABASE);
        request.onsuccess = () => resolve();
        request.onerror = () => reject(request.error);
      })
    );
  }
}

/** @returns {Promise<IDBDatabase>} */
function opened() {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(DATABASE, 1);
    opening.onupgradeneeded = () => {
      for (const name of [BLOCKS, SIZES, OWNER]) opening.result.createObjectStore(name);
    };
    opening.onerror = () => reject(opening.error);
    opening.onsuccess = () => resolve(opening.result);
  });
}

/** @param {IDBTransaction} transaction
 * @returns {Promise<void>} */
function done(transaction) {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new DOMException("the transaction was given up", "AbortError"));
  });
}
