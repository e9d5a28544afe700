// The wire, who is signed in: the account, its roles, and what it is shown.

import { get, keepCsrf, remove, toLogin } from "./api.js";

/** The signed-in account: {username, name, roles, unit_id, unit_name, officer_id}. Set once by `resume`. */
export let account = null;

/** Asks who this is; a stranger is sent to the login page. */
export async function resume() {
  const session = await get("/session");
  keepCsrf(session.csrf);
  account = session.account;
  return account;
}

/** Whether the account has one of the roles. */
export function hasRole(...roles) {
  return Boolean(account) && roles.some((role) => account.roles.includes(role));
}

/** Ends the session. */
export async function leave() {
  await remove("/session");
  toLogin();
}
