// Parts, short news: what was done, read out and gone again after a few seconds.

import { h } from "../dom.js";

const SHOWN_MS = 4000;
/** @type {HTMLElement | null} */
let place = null;

/**
 * Says that something was done.
 * @param {string} text
 */
export function say(text) {
  place ??= document.body.appendChild(h("div", { class: "toasts", role: "status", "aria-live": "polite" }));
  const toast = h("p", { class: "toast" }, text);
  place.append(toast);
  setTimeout(() => toast.remove(), SHOWN_MS);
}
