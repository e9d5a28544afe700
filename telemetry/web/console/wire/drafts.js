// The wire, drafts: what an account has written and not sent yet stays in this browser, for this account only.

import { account } from "./session.js";

const KEPT_MS = 7 * 86_400_000;
const ALL = "draft:";

/** @typedef {{ at: number, values: Record<string, string> }} Draft */

/**
 * The draft of a name; null without one.
 * @param {string} name
 */
export function draftOf(name) {
  const kept = parsed(localStorage.getItem(own(name)));
  return kept && Date.now() - kept.at < KEPT_MS ? kept : null;
}

/**
 * Keeps what was written under a name.
 * @param {string} name
 * @param {Draft["values"]} values
 */
export function keepDraft(name, values) {
  localStorage.setItem(own(name), JSON.stringify({ at: Date.now(), values }));
}

/**
 * Forgets one.
 * @param {string} name
 */
export function dropDraft(name) {
  localStorage.removeItem(own(name));
}

/** How many this account has. */
export function countDrafts() {
  return keys(own("")).length;
}

/** Forgets all of this account. */
export function dropDrafts() {
  for (const key of keys(own(""))) localStorage.removeItem(key);
}

/** Forgets what is too old, whoever wrote it. */
export function dropOldDrafts() {
  for (const key of keys(ALL)) {
    const at = parsed(localStorage.getItem(key))?.at;
    if (at === undefined || Date.now() - at >= KEPT_MS) localStorage.removeItem(key);
  }
}

/** @param {string} name */
function own(name) {
  return `${ALL}${account.username}:${name}`;
}

/** @param {string} before */
function keys(before) {
  return Object.keys(localStorage).filter((key) => key.startsWith(before));
}

/**
 * @param {string | null} text
 * @returns {Draft | null}
 */
function parsed(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
