// Parts, the strip: 应在岗 / 在线 / 录制 / 静默 / 断网, counted by the server over recorders on duty only.

import { h } from "../dom.js";
import { t, toneClass, word } from "../words.js";
import * as live from "../wire/live.js";

const FIGURES = ["on_duty", "online", "recording", "silent", "outage"];
const PICKS = { recording: "recording", silent: "silent", outage: "outage" };

/** The strip: {element, onpick(state), close()}. */
export function strip() {
  const figures = FIGURES.map((name) => ({ name, number: h("b", { class: "figure" }, "–") }));
  const made = { onpick: null };
  made.element = h("div", { class: "strip", role: "group", "aria-label": t("map.counts") }, figures.map(({ name, number }) => {
    const inside = [h("span", {}, word("strip", name)), number];
    return PICKS[name]
      ? h("button", { class: `strip-${name} ${toneClass("strip", name)}`, onclick: () => made.onpick?.(PICKS[name]) }, inside)
      : h("div", { class: `strip-${name} ${toneClass("strip", name)}` }, inside);
  }));
  const draw = () => {
    for (const { name, number } of figures) number.textContent = live.counts[name] ?? "–";
  };
  made.close = live.watch({ counts: draw });
  draw();
  return made;
}
