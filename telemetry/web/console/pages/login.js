// Signing in: by name and password, by the bureau's single sign-on, or by the one-time token that a command has printed;
// then by the second factor, where the account needs one.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { address, get, Problem, post } from "../wire/api.js";
import { labelled, values } from "../parts/dialog.js";
import { complete } from "../parts/factor.js";
import { problemBox } from "../parts/problem.js";

const trouble = h("div", { "aria-live": "assertive" });
const fields = [
  labelled({ name: "username", label: t("login.username"), required: true, autocomplete: "username", most: 64 }),
  labelled({ name: "password", label: t("login.password"), required: true, kind: "password",
    autocomplete: "current-password", most: 256 }),
];
const button = h("button", { class: "button primary wide", type: "submit" }, t("login.enter"));
const elsewhere = h("div", {});

const root = /** @type {HTMLElement} */ (document.getElementById("login"));
fill(root,
  h("form", { class: "login form", onsubmit: enter }, h("h1", {}, t("app.title")), h("p", { class: "login-sub" }, t("login.sub")),
    fields.map((each) => each.element), trouble, button, elsewhere,
    h("p", { class: "hint" }, t("login.help"))));
fields[0].input.focus();
offerSignOn();

const token = new URLSearchParams(location.search).get("once") ?? new URLSearchParams(location.hash.slice(1)).get("once");
if (token) {
  history.replaceState(null, "", "/login");
  sign(() => post("/session/once", { token }, { leaveOn401: false }));
} else {
  goOn();
}

/** Who has come from the single sign-on, or has loaded the page anew, goes on with the second factor. */
async function goOn() {
  const session = await get("/session", undefined, { leaveOn401: false }).catch(() => null);
  if (session && session.factor !== "given") sign(async () => session);
}

/** The page of the console that one came for: an address within it. */
function place() {
  const next = new URLSearchParams(location.search).get("next") ?? "";
  return next.startsWith("#/") ? next : "";
}

async function offerSignOn() {
  try {
    if (!(await get("/console")).single_sign_on) return;
  } catch {
    // The page's own form still works, and says what is wrong if it doesn't.
    return;
  }
  fill(elsewhere, h("a", { class: "button wide", href: address("/session/oidc", { place: place() }) }, t("login.signOn")));
}

/** @param {Event} event */
function enter(event) {
  event.preventDefault();
  sign(() => post("/session", values(fields), { leaveOn401: false }));
}

/** @param {() => Promise<Schemas["SignedIn"]>} begin */
async function sign(begin) {
  button.disabled = true;
  fill(trouble);
  try {
    const { account } = await complete(root, await begin());
    // A tab of another account must not go on in this one's name.
    new BroadcastChannel("session").postMessage(account.username);
    location.assign(`/${place()}`);
  } catch (problem) {
    const isWrong = problem instanceof Problem && problem.status === 401;
    fill(trouble, isWrong && !problem.detail
      ? h("div", { class: "problem", role: "alert" }, h("strong", {}, problem.title), h("p", {}, t("login.wrong")))
      : problemBox(problem));
    button.disabled = false;
  }
}
