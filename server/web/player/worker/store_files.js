// A small file system for Emscripten over OPFS synchronous access handles: the store's file and its two companions. Where
// a browser has no OPFS the same over blocks in IndexedDB.
//
// What always holds: `settle` is done after everything written is with the disk. Writing to one file first settles the
// others, so what SQLite relies on (the log before the pages, the pages before the log is reset) holds after a power
// loss too, though its own sync calls do not reach a file system here (fdatasync does nothing in Emscripten).

import { BlockStore } from "./store_blocks.js";

export const FOLDER = "wayfold";
export const MOUNT = "/store";
const NAMES = ["wayfold.db", "wayfold.db-wal", "wayfold.db-journal"];
const DIRECTORY_MODE = 0o40777;
const FILE_MODE = 0o100666;
const ERRNO = { ENOENT: 44, EIO: 29, ENOSPC: 51, EPERM: 63, EINVAL: 28 };

/** @typedef {Pick<FileSystemSyncAccessHandle, "getSize" | "flush" | "truncate" | "close"> & {
 *   read: (into: Uint8Array, where: { at: number }) => number,
 *   write: (content: Uint8Array, where: { at: number }) => number }} Handle */

/** One file: there is one as soon as it has bytes or somebody made it. */
class StoreFile {
  /** @param {string} name @param {Handle} handle */
  constructor(name, handle) {
    this.name = name;
    this.handle = handle;
    this.size = handle.getSize();
    this.exists = this.size > 0;
    this.dirty = false;
  }

  settle() {
    if (this.dirty) {
      this.handle.flush();
      this.dirty = false;
    }
  }

  /** @param {number} size */
  truncate(size) {
    this.handle.truncate(size);
    this.size = size;
    this.dirty = true;
  }
}

export class StoreFiles {
  /** @param {"opfs" | "indexed"} kind @param {StoreFile[]} files @param {BlockStore | null} [blocks] */
  constructor(kind, files, blocks = null) {
    this.kind = kind;
    this.files = files;
    this.blocks = blocks;
  }

  /** Open the three files, made where they are missing. Throws a `DOMException` where another tab has them, or no OPFS.
   * @returns {Promise<StoreFiles>} */
  static async open() {
    const root = await navigator.storage.getDirectory();
    const folder = await root.getDirectoryHandle(FOLDER, { create: true });
    /** @type {StoreFile[]} */
    const files = [];
    try {
      for (const name of NAMES) {
        const file = await folder.getFileHandle(name, { create: true });
        files.push(new StoreFile(name, await file.createSyncAccessHandle()));
      }
    } catch (error) {
      for (const { handle } of files) handle.close(); // else the next try would be locked out by this one
      throw error;
    }
    return new StoreFiles("opfs", files);
  }

  /** The same three files in IndexedDB. Throws a `DOMException` where there is none.
   * @returns {Promise<StoreFiles>} */
  static async openIndexed() {
    const blocks = await BlockStore.open(NAMES);
    return new StoreFiles("indexed", blocks.handles.map((handle) => new StoreFile(handle.name, handle)), blocks);
  }

  /** Forget everything; the store must not be open. */
  async erase() {
    if (this.blocks) return BlockStore.erase();
    const root = await navigator.storage.getDirectory();
    return root.removeEntry(FOLDER, { recursive: true });
  }

  /** Let everything written be with the disk; a promise only where that takes one.
   * @returns {Promise<void> | undefined} */
  settle() {
    for (const file of this.files) file.settle();
    return this.blocks?.settle();
  }

  async close() {
    await this.settle();
    for (const file of this.files) file.handle.close();
    this.blocks?.close();
  }

  /** The files as they are, sound or not, by name.
   * @returns {Record<string, Uint8Array>} */
  contents() {
    const found = this.files.filter((file) => file.size > 0).map((file) => {
      const content = new Uint8Array(file.size);
      file.handle.read(content, { at: 0 });
      return /** @type {const} */ ([file.name, content]);
    });
    return Object.fromEntries(found);
  }

  /** @param {StoreFile} writing */
  settleOthers(writing) {
    for (const file of this.files) if (file !== writing) file.settle();
  }

  /** Put the files into a Python's file system under `MOUNT`.
   * @param {any} FS Emscripten's file system */
  mount(FS) {
    FS.mkdirTree(MOUNT);
    FS.mount(fileSystem(FS, this), {}, MOUNT);
  }
}

/** What Emscripten asks of a file system.
 * @param {any} FS @param {StoreFiles} store */
function fileSystem(FS, store) {
  const fail = (/** @type {number} */ errno) => new FS.ErrnoError(errno);

  /** A call to the disk; what fails there is an I/O error to SQLite, a full disk a full disk.
   * @template T @param {() => T} act @returns {T} */
  const carefully = (act) => {
    try {
      return act();
    } catch (error) {
      const name = error instanceof DOMException ? error.name : "";
      throw fail(name === "QuotaExceededError" ? ERRNO.ENOSPC : ERRNO.EIO);
    }
  };

  const streamOps = streamOperations(store, fail, carefully);
  /** @param {any} parent @param {string} name @param {number} mode @param {StoreFile} [file] */
  const makeNode = (parent, name, mode, file) =>
    Object.assign(FS.createNode(parent, name, mode, 0), { node_ops: nodeOps, stream_ops: streamOps, file, timestamp: Date.now() });
  const nodeOps = nodeOperations(store, fail, carefully, makeNode);
  return { mount: () => makeNode(null, "/", DIRECTORY_MODE) };
}

/** @typedef {(errno: number) => Error} Fail */
/** @typedef {<T>(act: () => T) => T} Carefully */

/** What is done to names.
 * @param {StoreFiles} store @param {Fail} fail @param {Carefully} carefully
 * @param {(parent: any, name: string, mode: number, file?: StoreFile) => any} makeNode */
function nodeOperations(store, fail, carefully, makeNode) {
  const found = (/** @type {string} */ name) => store.files.find((file) => file.name === name);
  const refuse = () => {
    throw fail(ERRNO.EPERM);
  };
  return {
    getattr(/** @type {any} */ node) {
      const size = node.file ? node.file.size : 4096;
      const time = new Date(node.timestamp);
      return {
        dev: 1, ino: node.id, mode: node.mode, nlink: 1, uid: 0, gid: 0, rdev: 0, size,
        atime: time, mtime: time, ctime: time, blksize: 4096, blocks: Math.ceil(size / 4096),
      };
    },
    setattr(/** @type {any} */ node, /** @type {any} */ attributes) {
      if (attributes.size === undefined || !node.file) return;
      carefully(() => store.settleOthers(node.file));
      carefully(() => node.file.truncate(attributes.size));
    },
    lookup(/** @type {any} */ parent, /** @type {string} */ name) {
      const file = found(name);
      if (!file?.exists) throw fail(ERRNO.ENOENT);
      return makeNode(parent, name, FILE_MODE, file);
    },
    mknod(/** @type {any} */ parent, /** @type {string} */ name) {
      const file = found(name);
      if (!file) throw fail(ERRNO.EPERM);
      file.exists = true;
      return makeNode(parent, name, FILE_MODE, file);
    },
    unlink(/** @type {any} */ _parent, /** @type {string} */ name) {
      const file = found(name);
      if (!file) throw fail(ERRNO.ENOENT);
      carefully(() => store.settleOthers(file));
      carefully(() => file.truncate(0));
      carefully(() => file.settle());
      file.exists = false;
    },
    readdir: () => [".", "..", ...store.files.filter((file) => file.exists).map((file) => file.name)],
    rename: refuse,
    rmdir: refuse,
    symlink: refuse,
  };
}

/** What is done to open files.
 * @param {StoreFiles} store @param {Fail} fail @param {Carefully} carefully */
function streamOperations(store, fail, carefully) {
  /** @typedef {{ node: { file: StoreFile }, position: number }} Stream */
  return {
    open() {},
    close() {},
    fsync(/** @type {Stream} */ stream) {
      carefully(() => stream.node.file.settle());
      return 0;
    },
    read(/** @type {Stream} */ { node }, /** @type {Uint8Array} */ memory, /** @type {number} */ offset,
      /** @type {number} */ length, /** @type {number} */ position) {
      return carefully(() => node.file.handle.read(piece(memory, offset, length), { at: position }));
    },
    write(/** @type {Stream} */ { node: { file } }, /** @type {Uint8Array} */ memory, /** @type {number} */ offset,
      /** @type {number} */ length, /** @type {number} */ position) {
      carefully(() => store.settleOthers(file));
      const written = carefully(() => file.handle.write(piece(memory, offset, length), { at: position }));
      if (written !== length) throw fail(ERRNO.ENOSPC);
      file.size = Math.max(file.size, position + written);
      file.dirty = true;
      return written;
    },
    llseek(/** @type {Stream} */ stream, /** @type {number} */ offset, /** @type {number} */ whence) {
      const from = [0, stream.position, stream.node.file.size][whence] ?? 0;
      if (from + offset < 0) throw fail(ERRNO.EINVAL);
      return from + offset;
    },
  };
}

/** @param {Uint8Array} memory @param {number} offset @param {number} length */
function piece(memory, offset, length) {
  return new Uint8Array(memory.buffer, memory.byteOffset + offset, length);
}
