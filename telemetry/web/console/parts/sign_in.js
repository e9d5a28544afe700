// Parts, signing in again: over the page, which waits unseen, so that nothing on it is lost and nobody else reads it.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { address, get, post, toLogin } from "../wire/api.js";
import { labelled, values } from "./dialog.js";
import { complete } from "./factor.js";
import { problemBox } from "./problem.js";

const LOCKED = "is-locked";

/**
 * Asks whoever is here to sign in, `account` being who was; answers the session, whosever it is.
 * @param {Schemas["Myself"]} account
 * @returns {Promise<Schemas["SignedIn"]>}
 */
export function signInAgain(account) {
  return new Promise((resolve) => {
    /** @type {Schemas["SignedIn"] | null} */
    let session = null;
    const trouble = h("div", { "aria-live": "assertive" });
    const elsewhere = h("div", {});
    const fields = [
      labelled({ name: "username", label: t("login.username"), required: true, autocomplete: "username", most: 64,
        value: account.username }),
      labelled({ name: "password", label: t("login.password"), required: true, kind: "password",
        autocomplete: "current-password", most: 256 }),
    ];
    const button = h("button", { class: "button primary", type: "submit" }, t("login.enter"));
    const form = h("form", { method: "dialog", class: "form", onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      fill(trouble);
      try {
        session = await complete(form.parentElement ?? form, await post("/session", values(fields), { leaveOn401: false }));
        dialog.close();
      } catch (problem) {
        fill(trouble, problemBox(problem));
      } finally {
        button.disabled = false;
      }
    } }, h("h2", { id: "sign-in" }, t("session.over")), h("p", {}, t("session.overText", { name: account.name })),
    fields.map((each) => each.element), trouble, elsewhere,
    h("div", { class: "form-buttons" }, h("button", { class: "button", type: "button", onclick: toLogin }, t("session.leave")),
      button));
    const dialog = h("dialog", { class: "dialog sign-in", "aria-labelledby": "sign-in" }, form);
    dialog.addEventListener("close", () => {
      if (!session) {
        dialog.showModal();
        return;
      }
      dialog.remove();
      document.body.classList.remove(LOCKED);
      resolve(session);
    });
    document.body.append(dialog);
    document.body.classList.add(LOCKED);
    dialog.showModal();
    fields[1].input.focus();
    offerSignOn(elsewhere);
  });
}

/** @param {Element} place */
async function offerSignOn(place) {
  const settings = await get("/console", undefined, { leaveOn401: false }).catch(() => null);
  if (settings?.single_sign_on) fill(place, h("a", { class: "button wide", href: address("/session/oidc", { place: location.hash.startsWith("#/") ? location.hash : "" }) }, t("login.signOn")));
}
