// Parts, the second factor: after the password a code of the authenticator, which the first time is enrolled by a picture.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { keepCsrf, post } from "../wire/api.js";
import { labelled } from "./dialog.js";
import { problemBox } from "./problem.js";

/**
 * Asks in `place` for what a new session still lacks; answers the session once nothing is lacking.
 * @param {Element} place
 * @param {Schemas["SignedIn"]} session
 * @returns {Promise<Schemas["SignedIn"]>}
 */
export async function complete(place, session) {
  if (session.factor === "given") return session;
  keepCsrf(session.csrf);
  const enrolment = session.factor === "enrol" ? await post("/session/factor/enrolment", {}, { leaveOn401: false }) : null;
  return new Promise((resolve) => {
    const trouble = h("div", { "aria-live": "assertive" });
    const field = labelled({ name: "code", label: t("factor.code"), required: true, autocomplete: "one-time-code", most: 6 });
    const button = h("button", { class: "button primary wide", type: "submit" }, t("factor.give"));
    fill(place, h("form", { class: "login form", onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      fill(trouble);
      try {
        resolve(await post("/session/factor", { code: String(field.read() ?? "").trim() }, { leaveOn401: false }));
      } catch (problem) {
        fill(trouble, problemBox(problem));
      } finally {
        button.disabled = false;
      }
    } }, h("h2", {}, t("factor.title")), enrolment && picture(enrolment), field.element, trouble, button,
    h("p", { class: "hint" }, t("factor.help"))));
    field.input.focus();
  });
}

/** @param {Schemas["Enrolment"]} enrolment */
function picture(enrolment) {
  return h("div", { class: "note" }, h("p", {}, t("factor.enrol")),
    h("img", { src: enrolment.picture, alt: t("factor.picture"), width: 200, height: 200 }),
    h("p", {}, t("factor.byHand")), h("code", { class: "secret" }, enrolment.secret));
}
