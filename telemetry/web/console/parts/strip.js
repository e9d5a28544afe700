// Parts, the strip: 应在岗 / 在线 / 录制 / 静默 / 断网, counted by the server over recorders on duty only.

import { h } from "../dom.js";
import { t, toneClass, word } from "../words.js";
import * as live from "../wire/live.js";

/** @type {(keyof Schemas["Counts"])[]} */
const FIGURES = ["on_duty", "online", "recording", "silent", "outage"];
/** @type {Partial<Record<keyof Schemas["Counts"], string>>} */
const PICKS = { recording: "recording", silent: "silent", outage: "outage" };

/** The strip; `onpick(heard)` says who hears of a state that is picked. */
export function strip() {
  const figures = FIGURES.map((name) => ({ name, number: h("b", { class: "figure" }, "–") }));
  /** @type {(state: string) => void} */
  let pick = () => {};
  const element = h("div", { class: "strip", role: "group", "aria-label": t("map.counts") }, figures.map(({ name, number }) => {
    const inside = [h("span", {}, word("strip", name)), number];
    const picked = PICKS[name];
    return picked
      ? h("button", { class: `strip-${name} ${toneClass("strip", name)}`, onclick: () => pick(picked) }, inside)
      : h("div", { class: `strip-${name} ${toneClass("strip", name)}` }, inside);
  }));
  const draw = () => {
    for (const { name, number } of figures) number.textContent = String(live.counts[name]);
  };
  draw();
  return { element, close: live.watch({ counts: draw }), onpick: (/** @type {typeof pick} */ heard) => { pick = heard; } };
}
