// The shell, addresses: `#/incidents/I-17?status=open` names a page, its parts and its filters.

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

/** The address's page, the parts after it, and its filters. */
export function current() {
  const [path, search = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, ...parts] = path.split("/").map(decodeURIComponent);
  return { name, parts, query: Object.fromEntries(new URLSearchParams(search)) };
}

/** The hash of a page with its filters, empty ones left out. */
export function to(path, query = {}) {
  const search = new URLSearchParams(Object.entries(query).filter(([, value]) => value)).toString();
  return `#/${path}${search ? `?${search}` : ""}`;
}

/** Writes the filters into the address without showing the page anew. */
export function keepQuery(query) {
  const { name, parts } = current();
  history.replaceState(null, "", to([name, ...parts.map(encodeURIComponent)].join("/"), query));
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
