// One incident: what is claimed, what speaks for and against, the picture, what was done, and what may be done now.

import { fill, h } from "../dom.js";
import { choices, t, toneClass, word } from "../words.js";
import { get, post, Problem } from "../wire/api.js";
import { Turn } from "../wire/turn.js";
import { deadline, full, left, short, span } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { problemBox } from "../parts/problem.js";
import { timeline } from "../parts/timeline.js";
import { say } from "../parts/toast.js";
import { fillSlip } from "./slip_form.js";

/** @typedef {Schemas["IncidentDetail"]} Detail */
/** @typedef {Schemas["IncidentSummary"]} Summary */
/** @typedef {Schemas["Sentence"]["side"]} Side */

const DANGEROUS = new Set(["uphold", "revoke"]);
/**
 * What is said of an incident that no longer holds.
 * @type {Partial<Record<Side, string>>}
 */
const THEN = { key: "keyThen", against: "then" };

/** The view of one incident in `pane`; `changed(summary)` hears of what was done here, `back` is where its way back leads. */
export class IncidentView {
  /** @type {string | null} */
  id = null;
  /** @type {Detail | null} */
  detail = null;
  /** @type {Summary | null} */
  newest = null;
  /** @type {HTMLElement | null} */
  picture = null;
  news = h("div", { "aria-live": "polite" });

  /**
   * @param {HTMLElement} pane
   * @param {(changed: Summary) => void} changed
   * @param {string} [back]
   */
  constructor(pane, changed, back = "#/incidents") {
    this.pane = pane;
    this.back = back;
    this.changed = changed;
    this.turn = new Turn();
    pane.setAttribute("tabindex", "-1");
  }

  /**
   * @param {string} id
   * @returns {Promise<void>}
   */
  open(id) {
    this.picture = null;
    if (this.id !== id) {
      this.detail = null;
      this.newest = null;
      fill(this.pane, h("p", { class: "loading" }, t("app.loading")));
    }
    this.id = id;
    return this.turn.show((signal) => get(path(id), undefined, { signal }), (detail) => this.#draw(detail),
      (problem) => fill(this.pane, problemBox(problem, () => this.open(id))));
  }

  /**
   * Takes what an action answered, if that incident is still the one that is open.
   * @param {Detail} detail
   */
  take(detail) {
    if (detail.incident.incident_id === this.id) {
      this.turn.begin();
      this.#draw(detail);
    }
    this.changed(detail.incident);
  }

  /** Nothing is shown any more. */
  close() {
    this.id = null;
    this.turn.end();
  }

  /**
   * Somebody or something changed an incident meanwhile. If it is the one that is open, this is said, without taking
   * away what is being read; but what is said of a person that is cleared now goes at once.
   * @param {Summary | undefined} summary
   */
  stale(summary) {
    if (!summary || summary.incident_id !== this.id || summary.version <= (this.newest?.version ?? 0)) return;
    this.newest = summary;
    this.#tellNews();
  }

  /** Changes may have gone unheard: asks for the newest version of the one that is open. */
  async renewed() {
    if (this.id === null) return;
    try {
      this.stale((await get(path(this.id), undefined, { isBackground: true })).incident);
    } catch {
      // Without an answer the view stays as it is; the link says that it is lost.
    }
  }

  #tellNews() {
    const shown = this.detail?.incident;
    if (!shown || !this.newest || this.newest.version <= shown.version) return;
    const open = () => this.open(shown.incident_id);
    if (this.newest.was && !shown.was) open();
    else fill(this.news, h("div", { class: "note news" }, t("incident.changed"),
      h("button", { class: "button", onclick: open }, t("do.reload"))));
  }

  /**
   * Shows why something couldn't be done about an incident, if it is still open.
   * @param {string} id
   * @param {unknown} problem
   */
  trouble(id, problem) {
    if (id !== this.id) return;
    const isPast = problem instanceof Problem && problem.status === 409;
    fill(this.detail ? this.news : this.pane, problemBox(problem, isPast ? () => this.open(id) : null));
  }

  /** @param {Detail} detail */
  #draw(detail) {
    this.detail = detail;
    this.news = h("div", { "aria-live": "polite" });
    const incident = detail.incident;
    fill(this.pane, h("article", { class: "incident" }, this.#head(incident), this.news, this.#hearing(detail),
      this.#actions(detail), this.#evidence(detail), this.#picture(incident), this.#members(detail),
      this.#history(detail), this.#notices(detail)));
    this.#tellNews();
  }

  /** @param {Summary} incident */
  #head(incident) {
    /**
     * @param {string} label
     * @param {Child} value
     * @returns {Child}
     */
    const fact = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];
    const recorder = incident.recorder_id && h("a",
      { href: `#/recorders/${encodeURIComponent(incident.recorder_id)}` }, incident.recorder_id);
    return h("header", { class: "incident-head" },
      h("a", { class: "back", href: this.back }, t("do.back")),
      h("h2", {}, incident.rule_zh, " ", badge("status", incident.status), badge("confidence", incident.confidence),
        badge("weight", incident.weight)),
      h("p", { class: "headline" }, incident.headline),
      incident.confidence === "suspected" && h("p", { class: "note" }, t("incident.suspected")),
      h("dl", { class: "facts" },
        fact(t("incident.when"), span(incident.starts_at, incident.ends_at)),
        fact(t(incident.was ? "incident.causeThen" : "incident.cause"), incident.cause_zh),
        fact(t("incident.unit"), incident.unit_name ?? incident.unit_id),
        fact(t("incident.officer"), incident.officer_name ?? t("incident.uncertain")),
        fact(t("incident.recorder"), recorder),
        fact(t("incident.clause"), incident.clause),
        fact(t("incident.detected"), full(incident.detected_at)),
        fact(t("incident.excuse"), incident.excuse),
        fact(t("incident.review"), incident.review && t("incident.reviewWanted")),
        fact(t("incident.outage"), incident.outage_id && h("a",
          { href: `#/incidents/${encodeURIComponent(incident.outage_id)}` }, incident.outage_id))));
  }

  /** @param {Detail} detail */
  #hearing({ hearing }) {
    if (!hearing.told_at) return null;
    return h("p", { class: "note" }, t("incident.hearing", { told: short(hearing.told_at) }),
      hearing.until && ` ${t("incident.hearingUntil", { until: deadline(hearing.until), left: left(hearing.until) })}`,
      hearing.is_provisional && ` ${t("do.provisional")}`);
  }

  /** @param {Detail} detail */
  #actions(detail) {
    const offered = detail.slip_offered;
    if (detail.actions.length === 0 && !detail.slip_id && !offered) return h("p", { class: "note" }, t("incident.noActions"));
    return h("div", { class: "actions", role: "group", "aria-label": t("incident.actions") },
      detail.actions.map((each) => h("button", {
        class: `button ${DANGEROUS.has(each.action) ? "danger" : each.action === "acknowledge" ? "primary" : ""}`,
        data: { action: each.action }, onclick: () => this.#act(detail, each) }, each.label_zh)),
      detail.slip_id && h("a", { class: "button", href: `#/slips/${encodeURIComponent(detail.slip_id)}` },
        t("incident.slip", { id: detail.slip_id })),
      offered && h("button", { class: "button primary", data: { action: "slip" },
          onclick: () => fillSlip(detail.incident, offered).then((slip) => slip && this.open(detail.incident.incident_id)) }, t("incident.makeSlip")));
  }

  /**
   * @param {Detail} detail
   * @param {Schemas["OfferedAction"]} offer
   */
  async #act({ incident }, { action, label_zh, needs_reason }) {
    /** @type {Spec[]} */
    const fields = [];
    if (action === "propose") {
      fields.push({ name: "proposal", label: t("incident.proposal"), kind: "select", required: true,
        options: choices("proposal") });
    }
    if (needs_reason) {
      fields.push({ name: "reason", label: t(`incident.reason.${action === "state" ? "state" : "other"}`), kind: "long",
        required: true, hint: t(`incident.reason.${action === "state" ? "stateHint" : "otherHint"}`) });
    }
    /** @param {{ reason?: string | null, proposal?: string | null }} given */
    const send = ({ reason, proposal }) => post(`${path(incident.incident_id)}/actions`,
      { action: /** @type {Schemas["ActionBody"]["action"]} */ (action), reason: proposal ?? reason ?? "", version: incident.version });
    try {
      const done = fields.length > 0 || DANGEROUS.has(action)
        ? await ask({ title: label_zh, text: incident.headline, fields, submit: label_zh,
          isDangerous: DANGEROUS.has(action), draft: `${path(incident.incident_id)}/${action}`, send })
        : await send({});
      if (!done) return;
      say(t("incident.done", { what: label_zh }));
      this.take(done);
    } catch (problem) {
      this.trouble(incident.incident_id, problem);
    }
  }

  /** @param {Detail} detail */
  #evidence({ sentences, incident }) {
    /** @param {Side} name */
    const side = (name) => {
      const said = sentences.filter((each) => each.side === name);
      const shown = (incident.was && THEN[name]) || name;
      return said.length > 0 && h("section", { class: `side side-${shown} ${shown === name ? toneClass("evidenceSide", name) : ""}` }, h("h4", {}, THEN[name] && incident.was ? t(`incident.side.${shown}`) : word("evidenceSide", name)),
        h("ul", {}, said.map((each) => h("li", {}, each.text))));
    };
    return h("section", { class: "evidence" }, h("h3", {}, t(incident.was ? "incident.evidenceThen" : "incident.evidence")),
      sentences.length === 0 ? h("p", { class: "empty" }, t("incident.noEvidence"))
        : [side("key"), h("div", { class: "sides" }, side("against"), side("for"), side("neutral"), side("limit"))]);
  }

  /** @param {Summary} incident */
  #picture(incident) {
    if (!this.picture) {
      this.picture = h("section", { class: "picture" }, h("h3", {}, t("incident.picture")),
        h("p", { class: "loading" }, t("app.loading")));
      this.#loadPicture(incident, this.picture);
    }
    return this.picture;
  }

  /**
   * @param {Summary} incident
   * @param {Element} section
   */
  async #loadPicture(incident, section) {
    const title = h("h3", {}, t("incident.picture"));
    try {
      const data = await get(`${path(incident.incident_id)}/timeline`);
      fill(section, title, timeline(data, { from: incident.starts_at, to: incident.ends_at }));
    } catch (problem) {
      fill(section, title, problem instanceof Problem && problem.status === 404 ? h("p", { class: "empty" }, t("incident.noPicture"))
        : problemBox(problem));
    }
  }

  /** @param {Detail} detail */
  #members({ members }) {
    if (members.length === 0) return null;
    return h("section", {}, h("h3", {}, t("incident.members", { n: members.length })),
      h("ul", { class: "members" }, members.slice(0, 200).map((each) => h("li", {}, member(each)))));
  }

  /** @param {Detail} detail */
  #history({ history, incident: { was } }) {
    return h("section", {}, h("h3", {}, t("incident.history")),
      was && h("p", { class: "was" }, t("incident.then", {
        what: [word("confidence", was.confidence), word("weight", was.weight)].join(" · ") })),
      h("ol", { class: "history" }, history.map((row) => h("li", {},
        h("time", {}, full(row.at)), " ", h("strong", {}, row.action_zh), " ", row.actor_name,
        row.from_status !== row.to_status && row.to_status
          && h("span", { class: "steps" }, `${word("status", row.from_status) || "—"} → ${word("status", row.to_status)}`),
        row.reason && h("p", { class: "reason" }, row.reason)))));
  }

  /** @param {Detail} detail */
  #notices({ notices, incident }) {
    if (notices.length === 0) return null;
    return h("section", {}, h("h3", {}, t("incident.notices")),
      h("ul", { class: "history" }, notices.map((each) => h("li", {}, h("time", {}, full(each.created_at)), " ",
        [each.person_name, word("channel", each.sent_by),
          word("noticeState", each.state)].filter(Boolean).join(" · "),
        each.text && h("p", { class: "reason" }, incident.was && each.kind !== "withdrawal"
          ? t("incident.then", { what: each.text }) : each.text)))));
  }
}

/**
 * @param {string} id
 * @returns {`/incidents/${string}`}
 */
function path(id) {
  return `/incidents/${encodeURIComponent(id)}`;
}

/** @param {Summary} each */
function member(each) {
  return h("a", { href: `#/incidents/${encodeURIComponent(each.incident_id)}` },
    [each.recorder_id, each.officer_name, each.headline].filter(Boolean).join(" · "));
}
