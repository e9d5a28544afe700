// Incidents: the queue on the left, worked down by keyboard (j, k, Enter, a), and the chosen one beside it.

import { fill, h } from "../dom.js";
import { choices, t, toneClass, word } from "../words.js";
import { get, post } from "../wire/api.js";
import * as live from "../wire/live.js";
import { Incidents, isActive } from "../wire/incidents.js";
import { span } from "../time.js";
import { hasRole } from "../wire/session.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { filter } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";
import { unitChoices, unitFilter } from "../parts/units.js";
import { to } from "../address.js";
import { IncidentView } from "./incident.js";

/** @typedef {Schemas["IncidentSummary"]} Summary */

/** @type {Record<string, (each: Summary) => string>} */
const GROUPS = { none: () => "", unit: (each) => each.unit_name ?? each.unit_id ?? t("app.bureau"),
  rule: (each) => each.rule_zh, officer: (each) => each.officer_name ?? t("incidents.nobody"),
  weight: (each) => word("weight", each.weight) || t("incidents.cleared") };

const BY_HAND = ["footage-leaked", "other-breach"];
/** @type {Role[]} */
const OPENS_BY_HAND = ["verifier", "supervision", "command_centre", "leader", "head"];

/**
 * Shows the page; with an id after it, that incident is chosen.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const queue = new Queue(place);
  const units = await unitFilter(t("do.unit"));
  fill(root, queue.frame(units));
  /** @param {KeyboardEvent} event */
  const onKey = (event) => queue.key(event);
  document.addEventListener("keydown", onKey);
  await queue.load();
  return () => {
    queue.close();
    document.removeEventListener("keydown", onKey);
  };
}

/**
 * @param {string} text
 * @returns {Promise<Choice[]>}
 */
async function officersLike(text) {
  const { items } = await get("/officers", { q: text, limit: 20 });
  return items.map((each) => [each.officer_id, `${each.name}（${each.unit_name ?? each.unit_id}）`]);
}

/**
 * @param {string} text
 * @returns {Promise<Choice[]>}
 */
async function recordersLike(text) {
  const { items } = await get("/recorders", { q: text, limit: 20 });
  return items.map((each) => [each.recorder_id, each.officer_name ?? each.unit_name ?? each.unit_id ?? ""]);
}

class Queue {
  /** @type {Map<string, Summary[]>} */
  groups = new Map();

  /** @param {Place} place */
  constructor(place) {
    /** @type {Kept} */
    this.kept = { active: "true", ...place.query };
    /** @type {string | null} */
    this.chosen = place.parts[0] ?? null;
    this.list = new Incidents({ query: () => this.#query(), fits: (incident) => this.#fits(incident),
      draw: () => this.#draw() });
    this.unwatch = live.watch({ incidents: (changed) => { for (const each of changed) this.view.stale(each); },
      reset: () => this.view.renewed(), gone: (ids) => this.chosen !== null && ids.includes(this.chosen) && this.view.open(this.chosen) });
    this.rows = h("div", { class: "queue-rows", role: "listbox", "aria-label": t("page.incidents"), tabindex: "0" });
    this.below = h("div", { class: "list-below" });
    this.count = h("span", { class: "shown", role: "status" });
    this.detail = h("section", { class: "incident-pane", "aria-label": t("incidents.detail") });
    this.view = new IncidentView(this.detail, (changed) => this.list.merge([changed]));
  }

  /** @param {Spec[]} units */
  frame(units) {
    const again = () => this.#ask();
    /** @type {Spec[]} */
    const specs = [
      { name: "active", label: t("incidents.active"), kind: "select", empty: t("do.all"),
        options: [["true", t("incidents.activeOnly")]] },
      { name: "status", label: t("incidents.status"), kind: "select", options: choices("status") },
      { name: "rule", label: t("incidents.rule"), kind: "select", options: choices("rule") },
      { name: "weight", label: t("incidents.weight"), kind: "select", options: choices("weight") },
      { name: "confidence", label: t("incidents.confidence"), kind: "select", options: choices("confidence") },
      ...units,
      { name: "q", label: t("do.search"), kind: "text" },
    ];
    const grouping = h("select", { id: "grouping", onchange: () => {
      this.kept.group = grouping.value;
      this.#draw();
    } }, Object.keys(GROUPS).map((group) => h("option", { value: group }, t(`incidents.by.${group}`))));
    grouping.value = this.kept.group ?? "none";
    return h("div", { class: `queue-frame ${this.chosen ? "has-chosen" : ""}` },
      h("div", { class: "queue" },
        h("details", { class: "queue-filters", open: window.innerWidth > 800 },
          h("summary", {}, t("do.filter")),
          h("div", { class: "bar" }, specs.map((spec) => filter(spec, this.kept, again)),
            h("div", { class: "field" }, h("label", { for: "grouping" }, t("incidents.group")), grouping))),
        h("p", { class: "queue-keys" }, this.count, h("span", { class: "keys" }, t("incidents.keys")),
          hasRole(...OPENS_BY_HAND) && h("button", { class: "button", onclick: () => this.#openByHand() }, t("incidents.open"))),
        this.rows, this.below),
      this.detail);
  }

  /** Asks for the queue and shows the chosen incident, each as soon as it comes. */
  async load() {
    if (!this.chosen) fill(this.detail, h("p", { class: "empty" }, t("incidents.choose")));
    else this.#open(this.chosen, false);
    await this.#ask();
  }

  close() {
    this.unwatch();
    this.list.close();
    this.view.close();
  }

  /**
   * @param {string | null} [cursor]
   * @returns {Promise<void>}
   */
  #ask(cursor = null) {
    return this.list.load(cursor, (problem) => fill(this.below, problemBox(problem, () => this.#ask())));
  }

  /** @param {KeyboardEvent} event */
  key(event) {
    const focused = /** @type {Element} */ (event.target);
    if (focused.closest("input, select, textarea, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    const shown = this.#order();
    const at = shown.findIndex((each) => each.incident_id === this.chosen);
    if (event.key === "j") this.#choose(shown[Math.min(at + 1, shown.length - 1)]);
    else if (event.key === "k") this.#choose(shown[Math.max(at - 1, 0)]);
    else if (event.key === "Enter" && focused.closest("a, button") === null) this.detail.focus();
    else if (event.key === "a") this.#acknowledge(shown[at]);
    else return;
    event.preventDefault();
  }

  /** @param {Summary | undefined} incident */
  async #acknowledge(incident) {
    if (!incident) return;
    try {
      const detail = await post(`/incidents/${encodeURIComponent(incident.incident_id)}/actions`,
        { action: "acknowledge", reason: "", version: incident.version });
      say(t("incidents.acknowledged"));
      this.view.take(detail);
    } catch (problem) {
      this.view.trouble(incident.incident_id, problem);
    }
  }

  async #openByHand() {
    const units = unitChoices(await get("/units"));
    const request = crypto.randomUUID?.() ?? String(Date.now());
    const done = await ask({ title: t("incidents.open"), text: t("incidents.openText"), draft: "/incidents", fields: [
      { name: "rule", label: t("incidents.rule"), kind: "select", required: true,
        options: BY_HAND.map((rule) => [rule, word("rule", rule)]) },
      { name: "unit_id", label: t("do.unit"), kind: "select", required: true, options: units },
      { name: "officer_id", label: t("incidents.officerId"), kind: "search", most: 64, suggest: officersLike },
      { name: "recorder_id", label: t("incidents.recorderId"), kind: "search", most: 64, suggest: recordersLike },
      { name: "starts_at", label: t("incidents.startsAt"), kind: "time", required: true },
      { name: "ends_at", label: t("incidents.endsAt"), kind: "time" },
      { name: "reason", label: t("incidents.account"), kind: "long", required: true, hint: t("incidents.accountHint"), most: 4000 },
    ], send: (given) => post("/incidents", { ...given, request_id: request }) });
    if (!done) return;
    say(t("incidents.opened"));
    this.list.merge([done.incident]);
    this.#open(done.incident.incident_id, true);
  }

  #query() {
    const { group, select, ...query } = this.kept;
    return { ...query, limit: 50 };
  }

  /**
   * Whether a changed incident belongs to the queue; the one that is open stays in it.
   * @param {Summary} incident
   */
  #fits(incident) {
    const { group, select, q, since, unit_id, active, mine, ...exact } = this.kept;
    if (incident.incident_id === this.chosen) return null;
    if (active && !isActive(incident)) return false;
    const said = /** @type {Record<string, any>} */ (incident);
    if (!Object.entries(exact).every(([name, value]) => !value || value.split(",").includes(said[name]))) return false;
    return q || since || unit_id || mine ? null : true;
  }

  /** @param {Summary | undefined} incident */
  #choose(incident) {
    if (incident) this.#open(incident.incident_id, true);
  }

  /**
   * @param {string} id
   * @param {boolean} isNew
   */
  #open(id, isNew) {
    this.chosen = id;
    if (isNew) history.replaceState(null, "", to(`incidents/${encodeURIComponent(id)}`, this.kept));
    this.detail.parentElement?.classList.add("has-chosen");
    this.#mark();
    this.view.open(id);
  }

  #order() {
    const group = GROUPS[this.kept.group ?? "none"] ?? GROUPS.none;
    /** @type {Map<string, Summary[]>} */
    const groups = new Map();
    for (const item of this.list.items) {
      const name = group(item);
      groups.set(name, [...(groups.get(name) ?? []), item]);
    }
    this.groups = groups;
    return [...groups.values()].flat();
  }

  #draw() {
    this.#order();
    this.view.stale(this.list.items.find((each) => each.incident_id === this.chosen));
    this.count.textContent = t("incidents.count", { n: `${this.list.items.length}${this.list.next ? "+" : ""}` });
    fill(this.rows, [...this.groups].map(([name, items]) => [
      name && h("h2", { class: "queue-group" }, t("incidents.groupCount", { name, n: items.length })),
      items.map((item) => this.#row(item))]));
    fill(this.below, this.list.items.length === 0 && h("p", { class: "empty" }, t("incidents.empty")),
      this.list.next && h("button", { class: "button", onclick: () => this.#ask(this.list.next) }, t("do.more")));
    this.#mark();
  }

  /** @param {Summary} item */
  #row(item) {
    return h("div", { class: `queue-row weight-edge-${item.weight} ${toneClass("weight", item.weight)}`, role: "option", id: `row-${item.incident_id}`,
      data: { id: item.incident_id }, "aria-selected": "false", onclick: () => this.#open(item.incident_id, true) },
    h("div", { class: "queue-top" }, h("strong", {}, item.rule_zh), badge("status", item.status),
      badge("confidence", item.confidence), badge("weight", item.weight)),
    h("p", { class: "queue-headline" }, item.headline),
    h("p", { class: "queue-under" }, [span(item.starts_at, item.ends_at), item.unit_name, item.officer_name,
      item.recorder_id, item.flaps > 1 && t("incidents.flaps", { n: item.flaps })].filter(Boolean).join(" · ")));
  }

  #mark() {
    for (const row of /** @type {NodeListOf<HTMLElement>} */ (this.rows.querySelectorAll("[role=option]"))) {
      const isChosen = row.dataset.id === this.chosen;
      row.setAttribute("aria-selected", String(isChosen));
      if (isChosen) {
        this.rows.setAttribute("aria-activedescendant", row.id);
        row.scrollIntoView({ block: "nearest" });
      }
    }
  }
}
