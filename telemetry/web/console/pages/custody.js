// 领用/归还: the custodian's phone page. Type or scan a recorder, tick what was checked, hand it out or take it back.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { get, post } from "../wire/api.js";
import { Turn } from "../wire/turn.js";
import { deadline, gigabytes, left, short } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask, confirm } from "../parts/dialog.js";
import { filter } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";
import { unitFilter } from "../parts/units.js";
import { scan, canScan } from "../parts/scan.js";

const READY_PCT = 80;
const READY_MB = 8192;
/** @type {Schemas["CustodyRow"]["to_do"]} */
const TO_DO = ["charge", "empty", "import", "repair", "deliver"];

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  const page = new Custody(place);
  fill(root, page.frame(await unitFilter(t("do.unit"))));
  await page.load();
}

/** @typedef {Schemas["CustodyRow"]} Row */

class Custody {
  /** @type {Row[]} */
  all = [];

  /** @param {Place} place */
  constructor(place) {
    /** @type {Kept} */
    this.kept = { ...place.query };
    this.isLoaded = false;
    this.turn = new Turn();
    this.todo = h("div", { class: "todo", role: "group", "aria-label": t("custody.todo") });
    this.rows = h("div", { class: "custody-rows" });
    this.input = h("input", { id: "custody-find", type: "search", autocomplete: "off", autocapitalize: "characters",
      placeholder: t("custody.find"), oninput: () => this.#draw() });
  }

  /** @param {Spec[]} units */
  frame(units) {
    return h("section", { class: "custody" },
      h("form", { class: "custody-find", onsubmit: (event) => {
        event.preventDefault();
        this.#pick(this.input.value.trim());
      } }, h("label", { for: "custody-find" }, t("custody.recorder")), h("div", { class: "custody-line" }, this.input,
        canScan() && h("button", { class: "button", type: "button", onclick: () => this.#scan() }, t("custody.scan")),
        h("button", { class: "button primary", type: "submit" }, t("custody.next")))),
      h("div", { class: "bar" }, units.map((spec) => filter(spec, this.kept, () => this.load()))),
      this.todo, this.rows);
  }

  /** Fetches the list; answers whether it came. */
  load() {
    this.loading = this.#fetch();
    return this.loading;
  }

  async #fetch() {
    let hasCome = false;
    await this.turn.show((signal) => get("/custody", { unit_id: this.kept.unit_id }, { signal }), (rows) => {
      this.all = rows;
      this.isLoaded = hasCome = true;
      this.#draw();
    }, (problem) => fill(this.rows, problemBox(problem, () => this.load())));
    return hasCome;
  }

  #draw() {
    if (!this.isLoaded) return;
    fill(this.todo, TO_DO.map((what) => {
      const n = this.all.filter((row) => row.to_do.includes(what)).length;
      return h("button", { "aria-pressed": String(this.kept.to_do === what), class: n > 0 && "has", onclick: () => {
        this.kept.to_do = this.kept.to_do === what ? undefined : what;
        this.#draw();
      } }, h("b", {}, n), word("toDo", what));
    }));
    const text = this.input.value.trim().toLowerCase();
    const shown = this.all.filter((row) => (!this.kept.to_do || row.to_do.some((each) => each === this.kept.to_do))
      && (!text || row.recorder_id.toLowerCase().includes(text) || holderOf(row)?.toLowerCase().includes(text)));
    fill(this.rows, shown.length === 0 && h("p", { class: "empty" }, t(this.all.length ? "custody.noneFound" : "custody.empty")),
      shown.slice(0, 200).map((row) => this.#row(row)));
  }

  /** @param {Row} row */
  #row(row) {
    const isOut = row.assignment_id !== null;
    return h("article", { class: "custody-row" },
      h("header", {}, h("strong", {}, row.recorder_id), h("span", {}, holderOf(row) ?? t("custody.inStore")),
        isOut && !row.is_confirmed && h("span", { class: "badge" }, t("custody.unconfirmed")),
        row.to_do.map((what) => badge("toDo", what))),
      h("p", { class: "queue-under" }, [
        row.battery_pct !== null && `${t("card.battery")} ${row.battery_pct}%${row.charging ? `（${t("card.charging")}）` : ""}`,
        row.free_mb !== null && `${t("custody.free")} ${gigabytes(row.free_mb)}`,
        `SIM ${word("sim", row.sim) || t("card.unsensed")}`,
        row.last_import_at ? t("custody.imported", { at: short(row.last_import_at) }) : t("custody.neverImported"),
      ].filter(Boolean).join(" · ")),
      row.due_at && h("p", { class: "call" }, t("custody.due", { at: deadline(row.due_at), left: left(row.due_at) }),
        row.due_is_provisional && t("do.provisional")),
      h("button", { class: "button", onclick: () => this.#pick(row.recorder_id) },
        t(isOut ? "custody.takeBack" : "custody.handOut")));
  }

  /** @param {string} text */
  async #pick(text) {
    // Whoever scans faster than the list comes waits for it; where it doesn't come, the page says why.
    if (!await this.loading && !this.isLoaded) return;
    const row = this.all.find((each) => each.recorder_id.toLowerCase() === text.toLowerCase());
    if (!row) {
      fill(this.rows, h("p", { class: "problem", role: "alert" }, t("custody.unknown", { text })));
      return;
    }
    const done = row.assignment_id === null ? await this.#handOut(row) : await this.#takeBack(row, row.assignment_id);
    if (!done) return;
    this.input.value = "";
    await this.load();
  }

  /**
   * @param {Row} row
   * @param {string} assignment
   */
  async #takeBack(row, assignment) {
    const done = await confirm({ title: t("custody.takeBackTitle", { id: row.recorder_id }),
      text: t("custody.takeBackText", { name: holderOf(row) }), submit: t("custody.takeBack"),
      send: () => post(`/handouts/${encodeURIComponent(assignment)}/return`, {}) });
    if (done) say(t("custody.returned", { id: row.recorder_id }));
    return done;
  }

  /** @param {Row} row */
  async #handOut(row) {
    const answer = await get("/officers", { unit_id: row.unit_id, limit: 200 });
    /** @type {Choice[]} */
    const officers = answer.items.map((each) => [each.officer_id, `${each.name}（${each.officer_id}）`]);
    const done = await ask({ title: t("custody.handOutTitle", { id: row.recorder_id }), submit: t("custody.handOut"), fields: [
      { name: "officer_id", label: t("do.officer"), kind: "select", required: true, options: officers },
      { name: "reason", label: t("custody.why"), kind: "select", required: true, value: "daily",
        options: choices("assignment") },
      { name: "checks", label: t("custody.checks"), kind: "checks", options: choices("check"), value: measured(row) },
    ], send: ({ checks, ...rest }) => post("/handouts", { recorder_id: row.recorder_id, ...rest,
      checks: Object.fromEntries(choices("check").map(([name]) => [name, checks.includes(name)])) }) });
    if (done) say(t("custody.handedOut", { id: row.recorder_id }));
    return done;
  }

  async #scan() {
    const text = await scan();
    if (text) this.#pick(text);
  }
}

/** @param {Row} row */
function holderOf(row) {
  return row.holder?.officer_name ?? row.holder?.officer_id ?? null;
}

/**
 * What telemetry has measured is ticked beforehand; the rest is for the custodian's own eyes.
 * @param {Row} row
 */
function measured(row) {
  return [
    (row.battery_pct ?? 0) >= READY_PCT && "battery",
    (row.free_mb ?? 0) >= READY_MB && "space",
    row.sim_ok === true && "sim",
    row.clock_ok === true && "clock",
    !row.to_do.includes("import") && "import",
  ].filter(Boolean);
}
