// The shell, routing: the page that the address names is shown, and left when it names another.

import { current, to } from "../address.js";
import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { problemBox } from "../parts/problem.js";
import { home, pageOf } from "./navigation.js";

let leavePage = null;
let turn = 0;

/** Shows the page that the address names, now and whenever it changes. */
export function route(shell) {
  window.addEventListener("hashchange", () => show(shell));
  show(shell);
}

async function show(shell) {
  const mine = ++turn;
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
    if (mine !== turn) return;
    const leave = await module.show(root, place, shell);
    if (mine !== turn) leave?.();
    else leavePage = leave ?? null;
  } catch (problem) {
    if (mine !== turn) return;
    fill(root, problemBox(problem, () => show(shell)));
  }
  shell.arrived(t(page.title));
}
