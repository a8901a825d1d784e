// Words for people, from the catalogue of a language: `t("score")`, `t("unsent", {count: 3})`.
//
// A catalogue maps keys to texts with {names} in them; a text that depends on a number is an object by plural form.
// Reasons and lines of the rule book are keys of their own: "reason.outside_fence", "line.paid".

import { computed, signal } from "@preact/signals";

/** Every language that has a catalogue, with its own name: what `make assets` found in the folder. */
export const LANGUAGES = /** @type {Record<string, string>} */ (JSON.parse(document.body.dataset["languages"] ?? "{}"));
const RIGHT_TO_LEFT = new Set(["ar", "he", "fa", "ur"]);
/** Codes, figures and clocks on posters are written with these digits in every language. */
const DIGITS = "-u-nu-latn";

/** @typedef {Record<string, string | Record<string, string>>} Catalogue */

/** @type {import("@preact/signals").Signal<{ language: string, words: Catalogue, plural: Intl.PluralRules }>} */
const current = signal({ language: "en", words: {}, plural: new Intl.PluralRules("en") });

/** Whether the page reads from right to left. */
const mirrored = computed(() => RIGHT_TO_LEFT.has(current.value.language));

/** Load the catalogue that fits best: the one chosen before, one of the browser's languages, English.
 * @param {string} base @param {string} [wanted] */
export async function chooseLanguage(base, wanted) {
  const chosen = wanted ?? localStorage.getItem("language") ?? "";
  const known = Object.keys(LANGUAGES);
  const wishes = [chosen, ...navigator.languages.map((one) => one.split("-")[0])];
  const found = wishes.find((one) => known.includes(one)) ?? "en";
  if (wanted) localStorage.setItem("language", found);
  const words = await (await fetch(`${base}words/${found}.json`)).json();
  current.value = { language: found, words, plural: new Intl.PluralRules(found) };
  document.documentElement.lang = found;
  document.documentElement.dir = mirrored.value ? "rtl" : "ltr";
}

export function language() {
  return current.value.language;
}

/** The text of a key; the key itself where the catalogue lacks it (a test sees to it that none does).
 * @param {string} key
 * @param {Record<string, string | number>} [values] `count` chooses the plural form */
export function t(key, values = {}) {
  const { words, plural } = current.value;
  const found = words[key];
  const text = typeof found === "object" ? (found[plural.select(Number(values.count ?? 0))] ?? found.other) : found;
  return (text ?? key).replace(/\{(\w+)\}/g, (_, name) => apart(values[name] ?? ""));
}

/** A value inside a sentence: a name, a code or an address of another direction does not turn the words around it.
 * @param {string | number} value */
function apart(value) {
  return mirrored.value && (typeof value === "string" || value < 0) ? `\u2068${value}\u2069` : String(value);
}

/** A figure with a real minus, which stays before it in every direction. @param {number} value */
export function figure(value) {
  return value < 0 ? `\u2066−${-value}\u2069` : String(value);
}

/** The game's own translations: by language, by the text as its organiser wrote it. */
export const gameTexts = signal(/** @type {Readonly<Record<string, Readonly<Record<string, string>>>>} */ ({}));

/** A text of the game in the language of this page, or as its organiser wrote it. @param {string} text */
export function ofGame(text) {
  return gameTexts.value[current.value.language]?.[text] ?? text;
}

/** Whether there is a text for a key. @param {string} key */
export function has(key) {
  return key in current.value.words;
}

/** Why something failed, by its code; a code without a text of its own stands there as it is.
 * @param {string} code @param {string} [detail] what the core said of it, in English */
export function failureText(code, detail = "") {
  if (has(`failed.${code}`)) return t(`failed.${code}`);
  return detail ? t("failed.other", { code, detail }) : t("failed.unknown", { code });
}

/** Metres for people: 31 m, 1.2 km.
 * @param {number} mm */
export function metres(mm) {
  const m = Math.ceil(mm / 1000);
  return m < 1000 ? measured(m, "meter", 0) : measured(m / 1000, "kilometer", m < 10_000 ? 1 : 0);
}

/** @param {number} value @param {string} unit @param {number} maximumFractionDigits */
function measured(value, unit, maximumFractionDigits) {
  return new Intl.NumberFormat(current.value.language + DIGITS, { style: "unit", unit, unitDisplay: "short", maximumFractionDigits }).format(value);
}

/** A span as 1:02:03 or 2:03.
 * @param {number} ms */
export function span(ms) {
  const s = Math.max(0, Math.floor(ms / 1000));
  const [hours, minutes, seconds] = [Math.floor(s / 3600), Math.floor(s / 60) % 60, s % 60];
  const two = (/** @type {number} */ n) => String(n).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** The game's time zone, by its IANA name; the phone's own where that is "". */
export const gameZone = signal("");

/** The time of day in the game's zone.
 * @param {number} ms */
export function clock(ms) {
  return inZone(ms, { hour: "2-digit", minute: "2-digit" });
}

/** The time of day, with the day of the week where that is not today.
 * @param {number} ms */
export function when(ms) {
  return sameDay(ms, Date.now()) ? clock(ms) : inZone(ms, { weekday: "short", hour: "2-digit", minute: "2-digit" });
}

/** Whether two moments are of one day in the game's zone.
 * @param {number} one @param {number} other */
export function sameDay(one, other) {
  const day = (/** @type {number} */ ms) => inZone(ms, { year: "numeric", month: "numeric", day: "numeric" });
  return day(one) === day(other);
}

/** @param {number} ms @param {Intl.DateTimeFormatOptions} parts */
function inZone(ms, parts) {
  const lang = current.value.language + DIGITS;
  try {
    return new Intl.DateTimeFormat(lang, { ...parts, timeZone: gameZone.value || undefined }).format(ms);
  } catch {
    return new Intl.DateTimeFormat(lang, parts).format(ms);
  }
}
