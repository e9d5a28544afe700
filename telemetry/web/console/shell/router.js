// The shell, routing: the page that the address names is shown, and left when it names another.

import { current, to } from "../address.js";
import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { problemBox } from "../parts/problem.js";
import { Turn } from "../wire/turn.js";
import { home, pageOf } from "./navigation.js";

/** @type {(() => void) | null} */
let leavePage = null;
const visit = new Turn();

/** @import { Shell } from "./shell.js" */

/**
 * Shows the page that the address names, now and whenever it changes.
 * @param {Shell} shell
 */
export function route(shell) {
  window.addEventListener("hashchange", () => show(shell));
  show(shell);
}

/** @param {Shell} shell */
async function show(shell) {
  const signal = visit.begin();
  const place = current();
  const page = pageOf(place.name);
  if (!page) {
    location.replace(to(place.name ? "lost" : home()));
    return;
  }
  leavePage?.();
  leavePage = null;
  const root = h("div", { class: `page page-${place.name}` });
  shell.enter(place.name, root, page);
  try {
    const module = await page.load();
    if (signal.aborted) return;
    const leave = /** @type {(() => void) | undefined} */ (await module.show(root, place));
    if (signal.aborted) leave?.();
    else leavePage = leave ?? null;
  } catch (problem) {
    if (signal.aborted) return;
    fill(root, problemBox(problem, () => show(shell)));
  }
  if (!signal.aborted) shell.arrived(t(page.title));
}
