// Circulars: the monthly 通报, closed once and the same ever after; every figure opens down to its incidents.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { address, get, post } from "../wire/api.js";
import { day, full } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { list, table } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";

/** Shows the page; with a period after it, that period's figures. */
export async function show(root, place) {
  if (place.parts[0] === "scores") return scores(root, place.parts[1] ?? day().slice(0, 4));
  if (place.parts[0]) return figures(root, place.parts[0]);
  const body = h("div", {});
  fill(root, body);
  const close = async () => {
    const done = await ask({ title: t("circulars.close"), text: t("circulars.closeText"), submit: t("circulars.close"),
      fields: [{ name: "period", label: t("circulars.period"), kind: "month", required: true }],
      send: (given) => post("/circulars", given) });
    if (!done) return;
    say(t("circulars.closed"));
    listing.reload();
  };
  const listing = list(body, {
    path: "/circulars", place, empty: t("circulars.empty"),
    tools: [h("a", { class: "button", href: "#/circulars/scores" }, t("circulars.scores")),
      h("button", { class: "button primary", onclick: close }, t("circulars.close"))],
    open: (row) => `#/circulars/${encodeURIComponent(row.period)}`,
    columns: [
      { title: t("circulars.period"), of: (row) => row.period },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id ?? t("app.bureau") },
      { title: t("circulars.closedAt"), of: (row) => full(row.closed_at) },
      { title: t("do.who"), of: (row) => row.closed_by },
      { title: t("circulars.files"), of: (row) => h("div", { class: "row-buttons" }, ["docx", "xlsx"].map((kind) => h("a",
        { class: "button", href: address(`/circulars/${row.period}.${kind}`), download: "" }, kind.toUpperCase()))) },
    ],
  });
  await listing.first;
  return undefined;
}

async function figures(root, period) {
  const body = h("div", {});
  fill(root, h("a", { class: "back", href: "#/circulars" }, t("do.back")), h("h2", {}, t("circulars.of", { period })), body);
  try {
    const answer = await get(`/circulars/${encodeURIComponent(period)}/figures`);
    fill(body, tree(answer));
  } catch (problem) {
    fill(body, problemBox(problem));
  }
}

async function scores(root, year) {
  const answer = await get(`/scores/${encodeURIComponent(year)}`);
  const rows = answer.items ?? answer.units ?? answer;
  fill(root, h("a", { class: "back", href: "#/circulars" }, t("do.back")), h("h2", {}, t("circulars.scoreOf", { year })),
    table([
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("circulars.score"), of: (row) => h("strong", {}, row.score ?? row.points) },
      { title: t("circulars.incidents"), of: (row) => incidents(row.incidents ?? row.incident_ids) },
    ], rows, t("circulars.noScores")));
}

/** Figures of whatever depth: lists of objects as tables, objects as panels. */
function tree(value) {
  if (Array.isArray(value)) {
    if (value.length === 0) return h("p", { class: "empty" }, t("do.none"));
    if (typeof value[0] !== "object") return h("p", {}, value.join("、"));
    const names = Object.keys(value[0]).filter((name) => !["unit_id", "rule"].includes(name)
      || !(`${name.replace("_id", "")}_name` in value[0] || `${name}_zh` in value[0]));
    return table(names.map((name) => ({ title: word("figure", name), of: (row) => cell(name, row[name]) })), value,
      t("do.none"));
  }
  return Object.entries(value).map(([name, each]) => (each !== null && typeof each === "object"
    ? h("section", { class: "panel is-wide" }, h("h3", {}, word("figure", name)), tree(each))
    : h("p", {}, h("b", {}, `${word("figure", name)}：`), cell(name, each))));
}

function cell(name, value) {
  if (value === null || value === undefined) return "–";
  if (name === "incidents" || name === "incident_ids") return incidents(value);
  if (name === "status") return badge("status", value);
  if (name === "rule") return word("rule", value);
  if (typeof value === "object") return JSON.stringify(value);
  if (typeof value === "number" && !Number.isInteger(value)) return value.toFixed(2);
  return String(value);
}

function incidents(found) {
  if (!Array.isArray(found)) return String(found ?? "–");
  return h("details", {}, h("summary", {}, found.length), found.map((each) => {
    const id = each.incident_id ?? each;
    return [h("a", { href: `#/incidents/${encodeURIComponent(id)}` }, id), " "];
  }));
}
