// Parts, badges: a code as a word on a colour; the word alone must be enough.

import { h } from "../dom.js";
import { word } from "../words.js";

/** A badge for a code of a group ("status", "confidence", "weight", "state", …). */
export function badge(group, code) {
  return code ? h("span", { class: `badge ${group}-${code}` }, word(group, code)) : null;
}
