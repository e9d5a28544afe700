// The wire, incidents: a list as the server answers it, kept current by the stream.

import { get } from "./api.js";
import * as live from "./live.js";
import { Turn } from "./turn.js";

const ACTIVE = new Set(["open", "acknowledged", "statement", "verifying", "reopened"]);

/**
 * Whether somebody still has to do something about an incident.
 * @param {Schemas["IncidentSummary"]} incident
 */
export function isActive(incident) {
  return (ACTIVE.has(incident.status) && !incident.outage_id) || Boolean(incident.review);
}

/**
 * Incidents that answer `query()`. `fits(incident)` says of one from the stream whether it belongs to them: true, false,
 * or null where only the server knows; a known one stays then, another isn't taken in. `draw()` hears of every change.
 */
export class Incidents {
  #turn = new Turn();
  /** @type {Schemas["IncidentSummary"][] | null} */
  #heard = null;
  #unwatch;
  /** @type {Schemas["IncidentSummary"][]} */
  items = [];
  /** @type {string | null} */
  next = null;

  /**
   * @param {{ query: () => Query<"/incidents">, fits: (incident: Schemas["IncidentSummary"]) => boolean | null,
   *   draw: () => void }} on
   */
  constructor({ query, fits, draw }) {
    this.query = query;
    this.fits = fits;
    this.draw = draw;
    this.#unwatch = live.watch({ incidents: (changed) => this.merge(changed), reset: () => this.load(),
      gone: (ids) => this.#drop(ids) });
  }

  /**
   * Asks anew, or for what follows `cursor`; `fail(problem)` hears why it didn't come. `options` are the request's.
   * @param {string | null} [cursor]
   * @param {(problem: unknown) => void} [fail]
   * @param {Options} [options]
   */
  load(cursor = null, fail = () => {}, options = {}) {
    /** @type {Schemas["IncidentSummary"][]} */
    const heard = [];
    this.#heard = heard;
    return this.#turn.show((signal) => get("/incidents", { ...this.query(), cursor }, { ...options, signal }), (answer) => {
      this.items = cursor ? [...this.items, ...answer.items] : answer.items;
      this.next = answer.next ?? null;
      // What changed while the answer was on its way may be newer than the answer.
      this.#heard = null;
      this.merge(heard);
    }, fail);
  }

  /**
   * Takes changed incidents: the newest version of each, on top where it is new.
   * @param {Schemas["IncidentSummary"][]} changed
   */
  merge(changed) {
    this.#heard?.push(...changed);
    for (const incident of changed) {
      const at = this.items.findIndex((each) => each.incident_id === incident.incident_id);
      if (at >= 0 && this.items[at].version > incident.version) continue;
      const fits = this.fits(incident);
      if (at < 0 && fits) this.items.unshift(incident);
      else if (at >= 0 && fits === false) this.items.splice(at, 1);
      else if (at >= 0) this.items[at] = incident;
    }
    this.draw();
  }

  close() {
    this.#turn.end();
    this.#unwatch();
  }

  /** @param {string[]} ids */
  #drop(ids) {
    this.items = this.items.filter((each) => !ids.includes(each.incident_id));
    this.draw();
  }
}
