// The shell, the session's end: told beforehand, on whatever is open; who writes is there, and stays signed in.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { get, heardAt } from "../wire/api.js";
import { ends } from "../wire/session.js";
import { duration, minute } from "../time.js";

const TOLD_MS = 5 * 60_000;
const TICK_MS = 15_000;
const TOUCH_MS = 60_000;

/** Tells from now on. */
export function tellExpiry() {
  const element = h("div", { class: "expiry", role: "alert" });
  const tick = () => {
    const { inAnyCase, idle } = ends();
    const left = Math.min(inAnyCase, idle) - Date.now();
    if (left > Math.min(TOLD_MS, (idle - heardAt) / 2) || left <= 0) {
      element.remove();
      // Whoever is over it is asked to sign in, unless another tab has stayed.
      if (left <= 0) ask(true);
      return;
    }
    const much = duration(left / 1000);
    fill(element, h("span", {}, t(idle < inAnyCase ? "session.idle" : "session.ending", { much, at: minute(inAnyCase) })),
      idle < inAnyCase && h("button", { class: "button", type: "button", onclick: () => ask(false).then(tick) }, t("session.stay")));
    const place = [...document.querySelectorAll("dialog[open] form")].at(-1) ?? document.body;
    if (element.parentElement !== place) place.append(element);
  };
  setInterval(tick, TICK_MS);
  let touchedAt = 0;
  document.addEventListener("input", () => {
    if (Date.now() - Math.max(heardAt, touchedAt) < TOUCH_MS) return;
    touchedAt = Date.now();
    ask(false).then(tick);
  });
}

/**
 * Asks the server who is here; that the line is down is told elsewhere.
 * @param {boolean} isBackground
 */
function ask(isBackground) {
  return get("/session", undefined, { isBackground }).catch(() => {});
}
