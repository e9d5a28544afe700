// The interface's words: texts out of the catalogue of the page's language, words for codes out of the vocabulary.

import { FILLS, WORDS } from "./texts/vocabulary.js";

const { default: TEXTS } = await import(`./texts/${document.documentElement.lang || "zh-CN"}.js`);

/** @type {Record<string, Record<string, string[]>>} */
const GROUPS = WORDS;
/** @type {Record<string, string>} */
const COLOURS = FILLS;

/**
 * The text of a dotted key, `{name}` replaced from `values`. A key that isn't there is shown as it is.
 * @param {string} key
 * @param {Record<string, unknown>} [values]
 */
export function t(key, values = {}) {
  const text = key.split(".").reduce((at, part) => at?.[part], TEXTS);
  if (typeof text !== "string") return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name] ?? "") : whole));
}

/**
 * The word for a code out of a group ("status", "open"); an unknown code is shown as it is.
 * @param {Group} group
 * @param {string | null | undefined} code
 * @returns {string}
 */
export function word(group, code) {
  if (code === null || code === undefined || code === "") return "";
  return GROUPS[group]?.[code]?.[0] ?? TEXTS[group]?.[code] ?? code;
}

/**
 * What a code means, in a sentence; empty where the vocabulary has no such code.
 * @param {Group} group
 * @param {string} code
 */
export function meaning(group, code) {
  return GROUPS[group]?.[code]?.[1] ?? "";
}

/**
 * The class that gives a code its colour (css/palette.css); empty where it has none.
 * @param {Group} group
 * @param {string | null | undefined} code
 */
export function toneClass(group, code) {
  const tone = GROUPS[group]?.[code ?? ""]?.[2];
  return tone ? `tone-${tone}` : "";
}

/**
 * The colour of a code, for what isn't drawn by CSS.
 * @param {Group} group
 * @param {string} code
 */
export function colourOf(group, code) {
  return COLOURS[GROUPS[group]?.[code]?.[2]] ?? FILLS.grey;
}

/**
 * The group's choices as [code, word], in the table's order.
 * @param {Group} group
 * @returns {Choice[]}
 */
export function choices(group) {
  if (!GROUPS[group]) return Object.entries(TEXTS[group] ?? {});
  return Object.entries(GROUPS[group]).map(([code, [text]]) => [code, text]);
}
