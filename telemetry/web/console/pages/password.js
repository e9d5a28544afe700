// One's own password.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { post } from "../wire/api.js";
import { account } from "../wire/session.js";
import { labelled, values } from "../parts/dialog.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";

/**
 * Shows the page.
 * @param {Element} root
 */
export function show(root) {
  const trouble = h("div", { "aria-live": "assertive" });
  const fields = [
    labelled({ name: "old", label: t("password.old"), kind: "password", required: true, autocomplete: "current-password" }),
    labelled({ name: "new", label: t("password.new"), kind: "password", required: true, autocomplete: "new-password",
      hint: t("password.hint") }),
  ];
  /** @param {SubmitEvent} event */
  const change = async (event) => {
    event.preventDefault();
    fill(trouble);
    try {
      await post("/session/password", values(fields));
      /** @type {HTMLFormElement} */ (event.target).reset();
      say(t("password.done"));
    } catch (problem) {
      fill(trouble, problemBox(problem));
    }
  };
  fill(root, account.must_change && h("p", { class: "note" }, t("password.must")), h("form", { class: "form narrow", onsubmit: change }, fields.map((each) => each.element), trouble,
    h("button", { class: "button primary", type: "submit" }, t("password.change"))));
}
