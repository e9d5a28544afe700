// Circulars: the monthly 通报, closed once and the same ever after; every figure opens down to its incidents.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { address, get, post } from "../wire/api.js";
import { hasRole } from "../wire/session.js";
import { day, full } from "../time.js";
import { confirm } from "../parts/dialog.js";
import { list, table } from "../parts/list.js";
import { say } from "../parts/toast.js";

/**
 * Shows the page; with a period after it, that period's figures.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  if (place.parts[0] === "scores") return scores(root, place.parts[1] ?? day().slice(0, 4));
  if (place.parts[0]) return figures(root, place.parts[0]);
  const body = h("div", {});
  fill(root, body);
  /** @param {Schemas["CircularSummary"]} row */
  const close = async (row) => {
    const done = await confirm({ title: t("circulars.closeOf", { title: row.title }), text: t("circulars.closeText"),
      submit: t("circulars.close"), send: () => post("/circulars", { period: row.period }) });
    if (!done) return;
    say(t("circulars.closed"));
    listing.reload();
  };
  const listing = list(body, {
    path: "/circulars", place, empty: t("circulars.empty"), note: t("circulars.note"),
    tools: [h("a", { class: "button", href: "#/circulars/scores" }, t("circulars.scores"))],
    open: (row) => `#/circulars/${encodeURIComponent(row.period)}`,
    columns: [
      { title: t("circulars.period"), of: (row) => row.title },
      { title: t("circulars.state"), of: (row) => word("circularState", row.is_closed ? "closed" : "open") },
      { title: t("circulars.closedAt"), of: (row) => (row.as_of ? full(row.as_of) : "–") },
      { title: t("do.who"), of: (row) => row.closed_by },
      { title: t("do.actions"), of: (row) => h("div", { class: "row-buttons" }, files(row.period),
        !row.is_closed && hasRole("supervision")
          && h("button", { class: "button", onclick: () => close(row) }, t("circulars.close"))) },
    ],
  });
  await listing.first;
  return undefined;
}

/** @param {string} period */
function files(period) {
  return [h("a", { class: "button", href: address(`/circulars/${period}.docx`), download: "" }, "DOCX"),
    h("a", { class: "button", href: address(`/circulars/${period}.xlsx`), download: "" }, "XLSX")];
}

/**
 * @param {Element} root
 * @param {string} period
 */
async function figures(root, period) {
  const found = await get(`/circulars/${encodeURIComponent(period)}/figures`);
  /**
   * @param {string} name
   * @param {Schemas["FigureLine"][]} rows
   */
  const section = (name, rows) => [h("h3", {}, t(`circulars.${name}`)), lines(rows)];
  fill(root, h("a", { class: "back", href: "#/circulars" }, t("do.back")),
    h("h2", {}, t("circulars.of", { period, unit: found.unit_name })),
    h("p", { class: "note" }, t(found.is_closed ? "circulars.isClosed" : "circulars.isOpen", { at: full(found.as_of) })),
    h("div", { class: "row-buttons" }, files(period)),
    section("total", [found.total]), section("byRule", found.by_rule), section("byUnit", found.by_unit),
    section("byDay", found.by_day),
    h("h3", {}, t("circulars.corrections")),
    table([
      { title: t("circulars.period"), of: (row) => row.of_period },
      { title: t("do.unit"), of: (row) => row.unit_name },
      { title: t("incidents.rule"), of: (row) => row.rule_zh },
      { title: t("circulars.count"), of: (row) => (row.sign > 0 ? "+1" : "−1") },
      { title: t("circulars.incidents"), of: (row) => incidents([row.incident_id]) },
    ], found.corrections, t("circulars.noCorrections")));
}

/** @param {Schemas["FigureLine"][]} rows */
function lines(rows) {
  /** @param {number | null} value */
  const share = (value) => (value === null ? "–" : `${(value * 100).toFixed(1)}%`);
  return table([
    { title: t("circulars.name"), of: (row) => row.name },
    { title: t("circulars.count"), of: (row) => incidents(row.incident_ids, row.count) },
    { title: t("circulars.before"), of: (row) => (row.before === null ? "–" : String(row.before)) },
    { title: t("circulars.activities"), of: (row) => String(row.activities) },
    { title: t("circulars.rate"), of: (row) => (row.rate === null ? "–" : row.rate.toFixed(2)) },
    { title: t("circulars.coverage"), of: (row) => share(row.coverage) },
    { title: t("circulars.punctuality"), of: (row) => share(row.punctuality) },
  ], rows, t("do.none"));
}

/**
 * @param {Element} root
 * @param {string} year
 */
async function scores(root, year) {
  const found = await get(`/scores/${encodeURIComponent(year)}`);
  fill(root, h("a", { class: "back", href: "#/circulars" }, t("do.back")),
    h("h2", {}, t("circulars.scoreOf", { year })),
    h("p", { class: "note" }, t("circulars.scoreNote", { full: found.full, months: found.months.join("、") || t("do.none") })),
    table([
      { title: t("do.unit"), of: (row) => row.unit_name },
      { title: t("circulars.score"), of: (row) => h("strong", {}, row.score) },
      { title: t("circulars.deductions"), class: "wide", of: (row) => row.deductions.map((each) => h("div", {},
        `${each.rule_zh} −${each.points} `, incidents(each.incident_ids, each.count))) },
    ], found.units, t("circulars.noScores")));
}

/**
 * @param {string[]} ids
 * @param {number} [count]
 */
function incidents(ids, count = ids.length) {
  if (ids.length === 0) return String(count);
  return h("details", {}, h("summary", {}, count), ids.map((id) => [
    h("a", { href: `#/incidents/${encodeURIComponent(id)}` }, id), " "]));
}
