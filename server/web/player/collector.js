// Memory that nobody needs any more, given back before the browser would look for it.

const BYTES = 128 * 1024 * 1024;

/** A start, and fetching all that a day offline needs, leave tens of megabytes behind, and a phone short of memory ends the
 * page before its collector comes by: no script can call that, but one that asks for much memory brings it. Nothing is
 * written to what is asked for, so no page of it is ever made. */
export function collect() {
  try {
    new ArrayBuffer(BYTES);
  } catch {
    // There is not as much: then the collector has just been here.
  }
}
