// Units: the bureau's tree, and what each unit has on duty at this moment.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { table } from "../parts/list.js";
import { below, unitChoices } from "../parts/units.js";

const DRAW_MS = 2000;

/** Shows the page. */
export async function show(root) {
  const [units] = await Promise.all([get("/units"), live.start().catch(() => null)]);
  const byId = new Map(units.map((unit) => [unit.unit_id, unit]));
  const order = unitChoices(units).map(([id, name]) => ({ ...byId.get(id), shown: name, all: below(units, id) }));
  const body = h("div", {});
  fill(root, h("p", { class: "note" }, t("units.note")), body);
  const draw = () => {
    const figures = new Map(units.map((unit) => [unit.unit_id, { all: 0, duty: 0, recording: 0, silent: 0, open: 0 }]));
    for (const each of live.recorders.values()) count(figures.get(each.unit_id), each);
    const rows = order.map((unit) => ({ ...unit, figures: sum(unit.all, figures) }));
    const number = (name) => (row) => String(row.figures[name]);
    fill(body, table([
      { title: t("do.unit"), class: "pre", of: (row) => row.shown },
      { title: t("units.kind"), of: (row) => word("unitKind", row.kind) },
      { title: t("units.recorders"), of: number("all") },
      { title: word("strip", "on_duty"), of: number("duty") },
      { title: word("strip", "recording"), of: number("recording") },
      { title: word("strip", "silent"), of: (row) => h("span", { class: row.figures.silent > 0 && "warn" }, row.figures.silent) },
      { title: t("units.open"), of: (row) => h("a", { href: `#/incidents?unit_id=${encodeURIComponent(row.unit_id)}` },
        row.figures.open) },
    ], rows, t("units.empty"), (row) => `#/map?unit=${encodeURIComponent(row.unit_id)}`));
  };
  draw();
  const timer = setInterval(draw, DRAW_MS * 5);
  return () => clearInterval(timer);
}

function count(figures, each) {
  if (!figures) return;
  figures.all += 1;
  figures.open += each.incidents ?? 0;
  if (!each.on_duty) return;
  figures.duty += 1;
  if (each.state === "recording") figures.recording += 1;
  if (each.state === "silent") figures.silent += 1;
}

function sum(ids, figures) {
  const total = { all: 0, duty: 0, recording: 0, silent: 0, open: 0 };
  for (const id of ids) {
    for (const name of Object.keys(total)) total[name] += figures.get(id)?.[name] ?? 0;
  }
  return total;
}
