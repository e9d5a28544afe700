// The wire, the live picture: one snapshot, kept current by the stream, told to whoever watches.

import { get, Problem } from "./api.js";
import { Stream } from "./stream.js";

/**
 * By recorder_id.
 * @type {Map<string, Schemas["Live"]>}
 */
export const recorders = new Map();
/**
 * The strip's figures.
 * @type {Schemas["Counts"]}
 */
export let counts = { on_duty: 0, online: 0, recording: 0, silent: 0, outage: 0 };
/**
 * How the picture is, and since when in ms.
 * @type {{ state: "loading" | Link, since: number }}
 */
export let link = { state: "loading", since: Date.now() };

/** @import { Link, StreamEvent } from "./stream.js" */

/**
 * What a watcher hears of: recorders and incidents that are gone, too; a reset where anything may have changed.
 * @typedef {{
 *   recorders?: (ids: string[]) => unknown, reset?: () => unknown, counts?: () => unknown, link?: () => unknown,
 *   incidents?: (changed: Schemas["IncidentSummary"][]) => unknown, gone?: (incidentIds: string[]) => unknown,
 * }} Watcher
 */

/** @type {Set<Watcher>} */
const watchers = new Set();
/** @type {Set<string>} */
const changedIds = new Set();
/** @type {Stream | null} */
let stream = null;
/** @type {number | null} */
let announced = null;
let ahead = 0;
/** @type {Promise<void> | null} */
let starting = null;

/**
 * Watches; answers an undo.
 * @param {Watcher} watcher
 */
export function watch(watcher) {
  watchers.add(watcher);
  return () => { watchers.delete(watcher); };
}

/** Takes the snapshot and follows the stream; once, however many ask. */
export function start() {
  starting ??= snapshot();
  return starting;
}

/** The server's time in ms: that of its rules, which a demonstration runs faster than the wall's. */
export function now() {
  return Date.now() + ahead;
}

/** Lets the stream go. */
export function stop() {
  stream?.close();
  stream = null;
  starting = null;
}

async function snapshot() {
  for (let wait = 1000; ; wait = Math.min(wait * 2, 15_000)) {
    try {
      adopt(await get("/live"));
      return;
    } catch (problem) {
      if (problem instanceof Problem && (problem.status === 401 || problem.status === 403)) throw problem;
      setLink("lost", link.since);
      await new Promise((resolve) => { setTimeout(resolve, wait); });
    }
  }
}

/** @param {Schemas["Snapshot"]} picture */
function adopt(picture) {
  recorders.clear();
  for (const live of picture.recorders) recorders.set(live.recorder_id, live);
  counts = picture.counts;
  ahead = Date.parse(picture.as_of) - Date.now();
  setLink("live", Date.now());
  tell("reset");
  tell("counts");
  stream?.close();
  stream = new Stream({ event: take, state: setLink });
  stream.open(picture.cursor);
}

/** @param {StreamEvent} event */
function take({ type, data }) {
  if (type === "reset") snapshot();
  else if (type === "recorders") keep(JSON.parse(data));
  else if (type === "counts") {
    const { as_of: asOf, ...figures } = JSON.parse(data);
    counts = figures;
    ahead = Date.parse(asOf) - Date.now();
    tell("counts");
  } else if (type === "gone") {
    forget(JSON.parse(data));
  } else if (type === "incidents") tell("incidents", JSON.parse(data));
}

/** @param {Schemas["Live"][]} changed */
function keep(changed) {
  for (const live of changed) {
    recorders.set(live.recorder_id, live);
    changedIds.add(live.recorder_id);
  }
  if (announced === null) announced = setTimeout(announce, 200);
}

/** @param {{ recorders?: string[], incidents?: string[] }} ids */
function forget({ recorders: ids = [], incidents = [] }) {
  for (const id of ids) {
    recorders.delete(id);
    changedIds.add(id);
  }
  if (announced === null) announced = setTimeout(announce, 200);
  if (incidents.length > 0) tell("gone", incidents);
}

function announce() {
  announced = null;
  const ids = [...changedIds];
  changedIds.clear();
  tell("recorders", ids);
}

/**
 * @param {Link} state
 * @param {number} since
 */
function setLink(state, since) {
  const isNews = state !== link.state;
  link = { state, since };
  if (isNews) tell("link");
}

/**
 * @template {keyof Watcher} What
 * @param {What} what
 * @param {Parameters<NonNullable<Watcher[What]>>} told
 */
function tell(what, ...told) {
  for (const watcher of watchers) /** @type {((...told: unknown[]) => unknown) | undefined} */ (watcher[what])?.(...told);
}
