// The interface's words: texts out of the catalogue of the page's language, words for codes out of the vocabulary.

import { FILLS, WORDS } from "./texts/vocabulary.js";

const { default: TEXTS } = await import(`./texts/${document.documentElement.lang || "zh-CN"}.js`);

/** The text of a dotted key, `{name}` replaced from `values`. A key that isn't there is shown as it is. */
export function t(key, values = {}) {
  const text = key.split(".").reduce((at, part) => at?.[part], TEXTS);
  if (typeof text !== "string") return key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name] ?? "") : whole));
}

/** The word for a code out of a group ("status", "open"); an unknown code is shown as it is. */
export function word(group, code) {
  if (code === null || code === undefined || code === "") return "";
  return WORDS[group]?.[code]?.[0] ?? TEXTS[group]?.[code] ?? String(code);
}

/** What a code means, in a sentence; empty where the vocabulary has no such code. */
export function meaning(group, code) {
  return WORDS[group]?.[code]?.[1] ?? "";
}

/** The class that gives a code its colour (css/palette.css); empty where it has none. */
export function toneClass(group, code) {
  const tone = WORDS[group]?.[code]?.[2];
  return tone ? `tone-${tone}` : "";
}

/** The colour of a code, for what isn't drawn by CSS. */
export function colourOf(group, code) {
  return FILLS[WORDS[group]?.[code]?.[2]] ?? FILLS.grey;
}

/** The group's choices as [code, word], in the table's order. */
export function choices(group) {
  if (!WORDS[group]) return Object.entries(TEXTS[group] ?? {});
  return Object.entries(WORDS[group]).map(([code, [text]]) => [code, text]);
}
