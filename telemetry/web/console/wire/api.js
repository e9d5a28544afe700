// The wire, requests: JSON to and from `/api/v1`, with the session's CSRF token; what fails becomes a Problem.

import { t } from "../words.js";

const BASE = "/api/v1";
const UNSAFE = new Set(["POST", "PATCH", "PUT", "DELETE"]);
let csrf = null;
let renewSession = () => {
  toLogin();
  throw new Problem(401, null);
};

/** When the server last answered what somebody did here, in ms: until then at least he was signed in. */
export let heardAt = Date.now();

/** An RFC 9457 problem, with a sentence that says what to do about it. */
export class Problem extends Error {
  constructor(status, document) {
    super(document?.title || t(`problem.${status}`));
    this.status = status;
    this.code = document?.code ?? null;
    this.title = this.message.startsWith("problem.") ? t("problem.other", { status }) : this.message;
    this.detail = document?.detail ?? "";
    this.errors = document?.errors ?? [];
  }

  /** What the person can do now. */
  get advice() {
    const key = `advice.${this.status}`;
    const advice = t(key);
    return advice === key ? t("advice.other") : advice;
  }
}

/** Keeps the token that unsafe requests must carry. */
export function keepCsrf(token) {
  csrf = token;
}

/** `renew()` is called where the session is over; the request that found out is made again once it has answered. */
export function keepSession(renew) {
  renewSession = renew;
}

/** Begins the session anew, or leaves for the login page. */
export const renewed = () => renewSession();

export const get = (path, query, options) => request("GET", path, { query, ...options });
export const post = (path, body, options) => request("POST", path, { body: body ?? {}, ...options });
export const patch = (path, body) => request("PATCH", path, { body });
export const remove = (path) => request("DELETE", path, {});

/** The address of an API path with its query, empty values left out. */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== null && value !== undefined && value !== "");
  const search = new URLSearchParams(given).toString();
  return `${BASE}${path}${search ? `?${search}` : ""}`;
}

/** `isBackground`: nobody did anything, so that the session's idle time runs on; `leaveOn401` false: nobody is asked to sign in. */
async function request(method, path, { leaveOn401 = true, ...given }) {
  try {
    return await attempt(method, path, given);
  } catch (problem) {
    // A refused token is that of a session which another tab has replaced.
    if (!leaveOn401 || (problem.status !== 401 && problem.code !== "csrf")) throw problem;
  }
  await renewSession();
  return attempt(method, path, given);
}

async function attempt(method, path, { query, body, signal, isBackground = false }) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (UNSAFE.has(method) && csrf) headers["X-CSRF-Token"] = csrf;
  if (isBackground) headers["X-Background"] = "1";
  const answer = await send(address(path, query), {
    method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Problem(answer.status, await document_(answer));
  if (!isBackground) heardAt = Date.now();
  return answer.status === 204 ? null : document_(answer);
}

async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem(0, null);
  }
}

async function document_(answer) {
  try {
    return await answer.json();
  } catch (error) {
    if (error.name === "AbortError") throw error;
    return null;
  }
}

/** Leaves for the login page, which returns to where this was. */
export function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.hash)}`);
}
