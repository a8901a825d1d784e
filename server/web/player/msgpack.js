// MessagePack as the bridge speaks it: maps with string keys, arrays, strings, bytes, integers up to 2^53, booleans, null.

const LIMIT = Number.MAX_SAFE_INTEGER;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

/** The bytes of a value; `undefined` members of objects are left out.
 * @param {unknown} value
 * @returns {Uint8Array} */
export function encode(value) {
  const writer = new Writer();
  writer.value(value);
  return writer.bytes.subarray(0, writer.at);
}

/** The value of these bytes; throws where they hold something else than one value.
 * @param {Uint8Array} bytes
 * @returns {any} */
export function decode(bytes) {
  const reader = new Reader(bytes);
  const value = reader.value();
  if (reader.at !== bytes.length) throw new RangeError("bytes behind the value");
  return value;
}

class Writer {
  bytes = new Uint8Array(256);
  at = 0;

  /** @param {number} size */
  room(size) {
    if (this.at + size > this.bytes.length) {
      const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.at + size));
      larger.set(this.bytes);
      this.bytes = larger;
    }
    const view = new DataView(this.bytes.buffer, this.at, size);
    this.at += size;
    return view;
  }

  /** @param {number} byte */
  byte(byte) {
    this.room(1).setUint8(0, byte);
  }

  /** A marker with a length behind it, by the smallest width there is.
   * @param {number} length
   * @param {[number, number, number, number]} markers fixed (or -1), then for 8, 16 and 32 bits
   * @param {number} fixedMax */
  head(length, [fixed, small, medium, large], fixedMax) {
    if (fixed >= 0 && length <= fixedMax) this.byte(fixed | length);
    else if (small >= 0 && length < 0x100) (this.byte(small), this.byte(length));
    else if (length < 0x10000) (this.byte(medium), this.room(2).setUint16(0, length));
    else (this.byte(large), this.room(4).setUint32(0, length));
  }

  /** @param {unknown} value */
  value(value) {
    if (value === null || value === undefined) this.byte(0xc0);
    else if (typeof value === "boolean") this.byte(value ? 0xc3 : 0xc2);
    else if (typeof value === "number") this.number(value);
    else if (typeof value === "string") {
      const text = encoder.encode(value);
      this.head(text.length, [0xa0, 0xd9, 0xda, 0xdb], 31);
      this.raw(text);
    } else if (value instanceof Uint8Array) {
      this.head(value.length, [-1, 0xc4, 0xc5, 0xc6], 0);
      this.raw(value);
    } else if (Array.isArray(value)) {
      this.head(value.length, [0x90, -1, 0xdc, 0xdd], 15);
      for (const one of value) this.value(one);
    } else if (typeof value === "object") {
      const members = Object.entries(value).filter(([, one]) => one !== undefined);
      this.head(members.length, [0x80, -1, 0xde, 0xdf], 15);
      for (const [name, one] of members) (this.value(name), this.value(one));
    } else throw new TypeError(`a ${typeof value} does not cross the bridge`);
  }

  /** @param {Uint8Array} bytes */
  raw(bytes) {
    this.room(bytes.length);
    this.bytes.set(bytes, this.at - bytes.length);
  }

  /** @param {number} value */
  number(value) {
    if (!Number.isInteger(value)) (this.byte(0xcb), this.room(8).setFloat64(0, value));
    else if (Math.abs(value) > LIMIT) throw new RangeError(`${value} is no exact integer`);
    else if (value >= 0) {
      if (value < 0x80) this.byte(value);
      else if (value < 0x100000000) (this.byte(0xce), this.room(4).setUint32(0, value));
      else (this.byte(0xcf), this.room(8).setBigUint64(0, BigInt(value)));
    } else if (value >= -32) this.byte(value & 0xff);
    else if (value >= -0x80000000) (this.byte(0xd2), this.room(4).setInt32(0, value));
    else (this.byte(0xd3), this.room(8).setBigInt64(0, BigInt(value)));
  }
}

class Reader {
  at = 0;

  /** @param {Uint8Array} bytes */
  constructor(bytes) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  /** @param {number} size */
  take(size) {
    const from = this.at;
    if (from + size > this.bytes.length) throw new RangeError("the bytes end in the middle of a value");
    this.at += size;
    return from;
  }

  /** @param {number} size 1, 2, 4 or 8 bytes */
  unsigned(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getUint8(at);
    if (size === 2) return this.view.getUint16(at);
    return size === 4 ? this.view.getUint32(at) : exact(this.view.getBigUint64(at));
  }

  /** @param {number} size */
  signed(size) {
    const at = this.take(size);
    if (size === 1) return this.view.getInt8(at);
    if (size === 2) return this.view.getInt16(at);
    return size === 4 ? this.view.getInt32(at) : exact(this.view.getBigInt64(at));
  }

  /** @param {number} size */
  text(size) {
    const at = this.take(size);
    return decoder.decode(this.bytes.subarray(at, at + size));
  }

  /** @param {number} count
   * @returns {any[]} */
  array(count) {
    const found = [];
    for (let n = 0; n < count; n += 1) found.push(this.value());
    return found;
  }

  /** @param {number} count */
  map(count) {
    /** @type {Record<string, any>} */
    const found = {};
    for (let n = 0; n < count; n += 1) {
      const name = String(this.value());
      found[name] = this.value();
    }
    return found;
  }

  /** @returns {any} */
  value() {
    const marker = this.unsigned(1);
    if (marker < 0x80) return marker;
    if (marker < 0x90) return this.map(marker & 15);
    if (marker < 0xa0) return this.array(marker & 15);
    if (marker < 0xc0) return this.text(marker & 31);
    if (marker >= 0xe0) return marker - 0x100;
    switch (marker) {
      case 0xc0: return null;
      case 0xc2: return false;
      case 0xc3: return true;
      case 0xc4: case 0xc5: case 0xc6: {
        const size = this.unsigned(1 << (marker - 0xc4));
        const at = this.take(size);
        return this.bytes.slice(at, at + size);
      }
      case 0xcb: return this.view.getFloat64(this.take(8));
      case 0xcc: case 0xcd: case 0xce: case 0xcf: return this.unsigned(1 << (marker - 0xcc));
      case 0xd0: case 0xd1: case 0xd2: case 0xd3: return this.signed(1 << (marker - 0xd0));
      case 0xd9: case 0xda: case 0xdb: return this.text(this.unsigned(1 << (marker - 0xd9)));
      case 0xdc: case 0xdd: return this.array(this.unsigned(2 << (marker - 0xdc)));
      case 0xde: case 0xdf: return this.map(this.unsigned(2 << (marker - 0xde)));
      default: throw new RangeError(`no value starts with 0x${marker.toString(16)}`);
    }
  }
}

/** @param {bigint} value */
function exact(value) {
  if (value > BigInt(LIMIT) || value < -BigInt(LIMIT)) throw new RangeError(`${value} is beyond 2^53`);
  return Number(value);
}
