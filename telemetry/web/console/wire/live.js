// The wire, the live picture: one snapshot, kept current by the stream, told to whoever watches.

import { get } from "./api.js";
import { Stream } from "./stream.js";

/** recorder_id → Live, as the API names its fields. */
export const recorders = new Map();
/** The strip's figures. */
export let counts = { on_duty: 0, online: 0, recording: 0, silent: 0, outage: 0 };
/** {state: "loading" | "live" | "lost", since: ms} */
export let link = { state: "loading", since: Date.now() };

const watchers = new Set();
const changedIds = new Set();
let stream = null;
let announced = null;
let ahead = 0;
let starting = null;

/**
 * Watches; `watcher` may have recorders(ids), reset(), counts(), incidents(summaries),
 * gone(incidentIds), link(). Answers an undo.
 */
export function watch(watcher) {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
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
      if (problem.status === 401 || problem.status === 403) throw problem;
      setLink("lost", link.since);
      await new Promise((resolve) => { setTimeout(resolve, wait); });
    }
  }
}

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

function take({ type, data }) {
  if (type === "reset") snapshot();
  else if (type === "recorders") keep(JSON.parse(data));
  else if (type === "counts") {
    counts = JSON.parse(data);
    if (counts.as_of) ahead = Date.parse(counts.as_of) - Date.now();
    tell("counts");
  } else if (type === "gone") {
    forget(JSON.parse(data));
  } else if (type === "incidents") tell("incidents", JSON.parse(data));
}

function keep(changed) {
  for (const live of changed) {
    recorders.set(live.recorder_id, live);
    changedIds.add(live.recorder_id);
  }
  announced ??= setTimeout(announce, 200);
}

function forget({ recorders: ids = [], incidents = [] }) {
  for (const id of ids) {
    recorders.delete(id);
    changedIds.add(id);
  }
  announced ??= setTimeout(announce, 200);
  if (incidents.length > 0) tell("gone", incidents);
}

function announce() {
  announced = null;
  const ids = [...changedIds];
  changedIds.clear();
  tell("recorders", ids);
}

function setLink(state, since) {
  const isNews = state !== link.state;
  link = { state, since };
  if (isNews) tell("link");
}

function tell(what, argument) {
  for (const watcher of watchers) watcher[what]?.(argument);
}
