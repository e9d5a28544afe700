// An address that names no page.

import { fill, h } from "../dom.js";
import { t } from "../words.js";

/**
 * Shows the page.
 * @param {Element} root
 */
export function show(root) {
  fill(root, h("p", { class: "empty" }, t("lost.text"), " ", h("a", { href: "#/" }, t("lost.home"))));
}
