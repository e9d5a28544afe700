// The wire, changes: server-sent events that go on where they were cut, and that say when they have fallen silent.

import { address, renewed } from "./api.js";

const SILENT_MS = 35_000;
const BACKOFF_MS = [500, 1000, 2000, 5000, 10_000];

/** @typedef {"live" | "lost"} Link */
/** @typedef {{ type: string, data: string, id: string | null }} StreamEvent */

/**
 * Splits SSE text into events; `rest` is what hasn't ended yet. A comment makes no event.
 * @param {string} text
 */
export function parse(text) {
  const blocks = text.replace(/\r\n?/g, "\n").split("\n\n");
  const rest = blocks.pop() ?? "";
  return { events: blocks.map(event).filter((found) => found !== null), rest };
}

/**
 * @param {string} block
 * @returns {StreamEvent | null}
 */
function event(block) {
  const found = { type: "message", data: /** @type {string[]} */ ([]), id: /** @type {string | null} */ (null) };
  for (const line of block.split("\n")) {
    if (line.startsWith(":")) continue;
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") found.type = value;
    else if (name === "data") found.data.push(value);
    else if (name === "id") found.id = value;
  }
  if (found.data.length === 0 && found.id === null && found.type === "message") return null;
  return { ...found, data: found.data.join("\n") };
}

/**
 * Follows `/stream` from a cursor until closed. `on.event({type, data, id})` gets each event once and in order,
 * `on.state("live" | "lost", since)` tells whether anything, pings included, still arrives.
 */
export class Stream {
  /** @type {string | null} */
  cursor = null;
  /** @type {AbortController | null} */
  abort = null;

  /** @param {{ event: (event: StreamEvent) => void, state: (state: Link, since: number) => void }} on */
  constructor(on) {
    this.on = on;
    this.isClosed = false;
    this.failures = 0;
    this.heardAt = Date.now();
    this.watch = setInterval(() => this.#check(), 5000);
  }

  /** @param {string} cursor */
  open(cursor) {
    this.cursor = cursor;
    this.#run();
  }

  close() {
    this.isClosed = true;
    clearInterval(this.watch);
    this.abort?.abort();
  }

  async #run() {
    while (!this.isClosed) {
      try {
        await this.#read();
      } catch {
        this.on.state("lost", this.heardAt);
      }
      if (this.isClosed) return;
      this.on.state("lost", this.heardAt);
      const wait = BACKOFF_MS[Math.min(this.failures, BACKOFF_MS.length - 1)];
      this.failures += 1;
      await new Promise((resolve) => { setTimeout(resolve, wait); });
    }
  }

  async #read() {
    this.abort = new AbortController();
    const answer = await fetch(address("/stream", { cursor: this.cursor }), {
      credentials: "same-origin", signal: this.abort.signal, headers: { Accept: "text/event-stream" }, cache: "no-store",
    });
    if (answer.status === 401) await renewed();
    if (!answer.ok || !answer.body) throw new Error(String(answer.status));
    this.#heard();
    const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      this.#heard();
      const { events, rest } = parse(text + value);
      text = rest;
      for (const each of events) this.#take(each);
    }
  }

  /** @param {StreamEvent} each */
  #take(each) {
    this.on.event(each);
    if (each.id) this.cursor = each.id;
  }

  #heard() {
    this.heardAt = Date.now();
    this.failures = 0;
    this.on.state("live", this.heardAt);
  }

  #check() {
    if (Date.now() - this.heardAt > SILENT_MS) this.abort?.abort();
  }
}
