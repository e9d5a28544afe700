// The wire, requests: JSON to and from `/api/v1`, with the session's CSRF token; what fails becomes a Problem.

import { t } from "../words.js";

const BASE = "/api/v1";
const UNSAFE = new Set(["POST", "PATCH", "PUT", "DELETE"]);
let csrf = null;

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

async function request(method, path, { query, body, signal, leaveOn401 = true }) {
  const headers = { Accept: "application/json" };
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (UNSAFE.has(method) && csrf) headers["X-CSRF-Token"] = csrf;
  const answer = await send(address(path, query), {
    method, headers, signal, credentials: "same-origin", body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401 && leaveOn401) toLogin();
  if (!answer.ok) throw new Problem(answer.status, await document_(answer));
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
