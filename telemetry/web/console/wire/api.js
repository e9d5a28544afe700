// The wire, requests: JSON to and from `/api/v1`, with the session's CSRF token; what fails becomes a Problem.

import { t } from "../words.js";

const BASE = "/api/v1";
const UNSAFE = new Set(["POST", "PATCH", "PUT", "DELETE"]);
/** @type {string | null} */
let csrf = null;
/** @type {() => Promise<void>} */
let renewSession = () => {
  toLogin();
  throw new Problem(401, null);
};

/** When the server last answered what somebody did here, in ms: until then at least he was signed in. */
export let heardAt = Date.now();

/** An RFC 9457 problem, with a sentence that says what to do about it. */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {Schemas["Problem"] | null} document
   */
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

/**
 * Keeps the token that unsafe requests must carry.
 * @param {string} token
 */
export function keepCsrf(token) {
  csrf = token;
}

/**
 * `renew()` is called where the session is over; the request that found out is made again once it has answered.
 * @param {() => Promise<void>} renew
 */
export function keepSession(renew) {
  renewSession = renew;
}

/** Begins the session anew, or leaves for the login page. */
export const renewed = () => renewSession();

/**
 * @template {PathOf<"get">} P
 * @param {P} path
 * @param {Query<P>} [query]
 * @param {Options} [options]
 * @returns {Promise<Answer<P>>}
 */
export const get = (path, query, options) => request("GET", path, { query, ...options });

/**
 * @template {PathOf<"post">} P
 * @param {P} path
 * @param {Sent<P, "post">} body
 * @param {Options} [options]
 * @returns {Promise<Answer<P, "post">>}
 */
export const post = (path, body, options) => request("POST", path, { body, ...options });

/**
 * @template {PathOf<"patch">} P
 * @param {P} path
 * @param {Sent<P, "patch">} body
 * @returns {Promise<Answer<P, "patch">>}
 */
export const patch = (path, body) => request("PATCH", path, { body });

/**
 * @param {PathOf<"delete">} path
 * @returns {Promise<null>}
 */
export const remove = (path) => request("DELETE", path, {});

/**
 * The address of an API path with its query, empty values left out.
 * @param {PathOf<Method>} path
 * @param {Record<string, unknown>} [query]
 */
export function address(path, query = {}) {
  const given = Object.entries(query).flatMap(([name, value]) => (
    value === null || value === undefined || value === "" ? [] : [[name, String(value)]]));
  const search = new URLSearchParams(given).toString();
  return `${BASE}${path}${search ? `?${search}` : ""}`;
}

/** @typedef {Options & { query?: Record<string, unknown>, body?: unknown }} Given */

/**
 * `isBackground`: nobody did anything, so that the session's idle time runs on; `leaveOn401` false: nobody is asked to sign in.
 * @param {string} method
 * @param {PathOf<Method>} path
 * @param {Given} given
 */
async function request(method, path, { leaveOn401 = true, ...given }) {
  try {
    return await attempt(method, path, given);
  } catch (problem) {
    // A refused token is that of a session which another tab has replaced.
    if (!leaveOn401 || !(problem instanceof Problem) || (problem.status !== 401 && problem.code !== "csrf")) throw problem;
  }
  await renewSession();
  return attempt(method, path, given);
}

/**
 * @param {string} method
 * @param {PathOf<Method>} path
 * @param {Given} given
 */
async function attempt(method, path, { query, body, signal, isBackground = false }) {
  /** @type {Record<string, string>} */
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

/**
 * @param {string} url
 * @param {RequestInit} options
 */
async function send(url, options) {
  try {
    return await fetch(url, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new Problem(0, null);
  }
}

/** @param {Response} answer */
async function document_(answer) {
  try {
    return await answer.json();
  } catch (error) {
    if (isAbort(error)) throw error;
    return null;
  }
}

/**
 * Whether a request was given up because nobody waits for it any more.
 * @param {unknown} error
 */
export function isAbort(error) {
  return error instanceof DOMException && error.name === "AbortError";
}

/** Leaves for the login page, which returns to where this was. */
export function toLogin() {
  location.assign(`/login?next=${encodeURIComponent(location.hash)}`);
}
