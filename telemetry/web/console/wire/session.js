// The wire, who is signed in: the account, its roles, what it is shown, and how long it stays signed in.

import { get, heardAt, keepCsrf, keepSession, remove, toLogin } from "./api.js";

/**
 * The signed-in account, there as soon as `resume` has answered. Another one is another page load.
 * @type {Schemas["Myself"]}
 */
export let account;

const others = new BroadcastChannel("session");
let endsAt = Infinity;
let idleMs = Infinity;
/** @type {Promise<void> | null} */
let renewing = null;

/** @typedef {(account: Schemas["Myself"]) => Promise<Schemas["SignedIn"]>} SignInAgain */

/**
 * Asks who this is; a stranger is sent to the login page. `signInAgain(account)` asks for a new session, and answers it.
 * @param {SignInAgain} signInAgain
 */
export async function resume(signInAgain) {
  const session = await get("/session");
  if (session.factor !== "given") {
    toLogin();
    await new Promise(() => {});
  }
  take(session);
  keepSession(() => {
    renewing ??= renew(signInAgain).finally(() => { renewing = null; });
    return renewing;
  });
  others.onmessage = ({ data }) => {
    if (data !== account.username) location.reload();
  };
  return account;
}

/**
 * Whether the account has one of the roles.
 * @param {Role[]} roles
 */
export function hasRole(...roles) {
  return roles.some((role) => account.roles.includes(role));
}

/** When the session ends in any case, and when it does if nobody does anything more, in ms. */
export function ends() {
  return { inAnyCase: endsAt, idle: heardAt + idleMs };
}

/** Ends the session, in every tab. */
export async function leave() {
  await remove("/session");
  others.postMessage(null);
  toLogin();
}

/**
 * Another tab may have signed in again; else whoever is here does. What another account sees is another page.
 * @param {SignInAgain} signInAgain
 */
async function renew(signInAgain) {
  const session = await get("/session", undefined, { leaveOn401: false, isBackground: true }).catch((problem) => {
    if (problem.status !== 401) throw problem;
    return signInAgain(account);
  });
  if (session.account.username === account.username) {
    take(session);
    return;
  }
  history.replaceState(null, "", "/");
  location.reload();
  await new Promise(() => {});
}

/** @param {Schemas["SignedIn"]} session */
function take(session) {
  keepCsrf(session.csrf);
  account = session.account;
  endsAt = Date.now() + session.left_s * 1000;
  idleMs = session.idle_s * 1000;
  others.postMessage(account.username);
}
