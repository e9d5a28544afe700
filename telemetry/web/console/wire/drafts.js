// The wire, drafts: what an account has written and not sent yet stays in this browser, for this account only.

import { account } from "./session.js";

const KEPT_MS = 7 * 86_400_000;
const ALL = "draft:";

/** The draft of a name: {at, values}; null without one. */
export function draftOf(name) {
  const kept = parsed(localStorage.getItem(own(name)));
  return kept && Date.now() - kept.at < KEPT_MS ? kept : null;
}

/** Keeps what was written under a name. */
export function keepDraft(name, values) {
  localStorage.setItem(own(name), JSON.stringify({ at: Date.now(), values }));
}

/** Forgets one. */
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
    if (!(Date.now() - parsed(localStorage.getItem(key))?.at < KEPT_MS)) localStorage.removeItem(key);
  }
}

function own(name) {
  return `${ALL}${account.username}:${name}`;
}

function keys(before) {
  return Object.keys(localStorage).filter((key) => key.startsWith(before));
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
