// Units: the bureau's tree, and what each unit has on duty at this moment.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { table } from "../parts/list.js";
import { below, unitChoices } from "../parts/units.js";

/** @typedef {{ all: number, duty: number, recording: number, silent: number, open: number }} Figures */

const DRAW_MS = 2000;

/**
 * Shows the page.
 * @param {Element} root
 */
export async function show(root) {
  const [units] = await Promise.all([get("/units"), live.start().catch(() => null)]);
  const kinds = new Map(units.map((unit) => [unit.unit_id, unit.kind]));
  const order = unitChoices(units).map(([id, name]) => ({ id, name, kind: kinds.get(id), all: below(units, id) }));
  const body = h("div", {});
  fill(root, h("p", { class: "note" }, t("units.note")), body);
  const draw = () => {
    const figures = new Map(units.map((unit) => [unit.unit_id, { all: 0, duty: 0, recording: 0, silent: 0, open: 0 }]));
    for (const each of live.recorders.values()) count(figures.get(each.unit_id), each);
    const rows = order.map((unit) => ({ ...unit, figures: sum(unit.all, figures) }));
    /**
     * @param {keyof Figures} name
     * @returns {(row: { figures: Figures }) => string}
     */
    const number = (name) => (row) => String(row.figures[name]);
    fill(body, table([
      { title: t("do.unit"), class: "pre", of: (row) => row.name },
      { title: t("units.kind"), of: (row) => word("unitKind", row.kind) },
      { title: t("units.recorders"), of: number("all") },
      { title: word("strip", "on_duty"), of: number("duty") },
      { title: word("strip", "recording"), of: number("recording") },
      { title: word("strip", "silent"), of: (row) => h("span", { class: row.figures.silent > 0 && "warn" }, row.figures.silent) },
      { title: t("units.open"), of: (row) => h("a", { href: `#/incidents?unit_id=${encodeURIComponent(row.id)}` },
        row.figures.open) },
    ], rows, t("units.empty"), (row) => `#/map?unit=${encodeURIComponent(row.id)}`));
  };
  draw();
  const timer = setInterval(draw, DRAW_MS * 5);
  return () => clearInterval(timer);
}

/**
 * @param {Figures | undefined} figures
 * @param {Schemas["Live"]} each
 */
function count(figures, each) {
  if (!figures) return;
  figures.all += 1;
  figures.open += each.incidents;
  if (!each.on_duty) return;
  figures.duty += 1;
  if (each.state === "recording") figures.recording += 1;
  if (each.state === "silent") figures.silent += 1;
}

/**
 * @param {Iterable<string>} ids
 * @param {Map<string, Figures>} figures
 */
function sum(ids, figures) {
  const total = { all: 0, duty: 0, recording: 0, silent: 0, open: 0 };
  for (const id of ids) {
    for (const name of /** @type {(keyof Figures)[]} */ (Object.keys(total))) total[name] += figures.get(id)?.[name] ?? 0;
  }
  return total;
}
