// Parts, badges: a code as a word on its colour; the word alone must be enough, what it means shows on hovering.

import { h } from "../dom.js";
import { meaning, toneClass, word } from "../words.js";

/**
 * A badge for a code of a group ("status", "confidence", "weight", "state", …).
 * @param {Group} group
 * @param {string | null | undefined} code
 */
export function badge(group, code) {
  return code ? h("span", { class: `badge ${group}-${code} ${toneClass(group, code)}`, title: meaning(group, code) },
    word(group, code)) : null;
}

/**
 * The mark of a state, in its colour.
 * @param {string} state
 */
export function dot(state) {
  return h("i", { class: `dot state-${state} ${toneClass("state", state)}` });
}
