// Parts, lists: filters above, a table that becomes cards on a phone, more on request, and what to do when it is empty.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { get } from "../wire/api.js";
import { Turn } from "../wire/turn.js";
import { keepQuery } from "../address.js";
import { labelled } from "./dialog.js";
import { problemBox } from "./problem.js";

const TYPING_MS = 300;

/**
 * A list page below `root`: `filters` are fields as `ask` takes them; `rows(answer)` finds the rows where the answer is
 * no page; `open(row)` gives a row its address; `tools` stand at the right above the table.
 * @template {PathOf<"get">} P
 * @template [Row=RowOf<P>]
 * @param {Element} root
 * @param {{
 *   path: P, place: Pick<Place, "query">, columns: Column<NoInfer<Row>>[], empty: string, filters?: Spec<string & keyof Query<P>>[], tools?: Child[],
 *   rows?: (answer: Answer<P>) => Row[], open?: (row: NoInfer<Row>) => string, note?: string, fixed?: Query<P>,
 * }} page
 */
export function list(root, { path, place, columns, filters = [], rows = rowsOf, open, tools = [], empty, note, fixed }) {
  /** @type {Kept} */
  const kept = { ...place.query };
  const body = h("tbody", {});
  const below = h("div", { class: "list-below" });
  const table = h("table", { class: "table" },
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column.title)))), body);
  const listing = h("div", { class: "list" }, table, below);
  const turn = new Turn();
  const reload = () => load(null);

  /** @param {string | null} cursor */
  function load(cursor) {
    listing.setAttribute("aria-busy", "true");
    return turn.show((signal) => get(path, /** @type {any} */ ({ ...fixed, ...kept, cursor }), { signal }), (answer) => {
      const found = rows(answer);
      const { next = null } = /** @type {{ next?: string | null }} */ (answer);
      const lines = found.map((row) => line(row, columns, open));
      if (cursor) body.append(...lines);
      else fill(body, lines);
      table.hidden = !cursor && found.length === 0;
      fill(below, table.hidden && h("p", { class: "empty" }, empty),
        next && h("button", { class: "button", onclick: () => load(next) }, t("do.more")));
      listing.removeAttribute("aria-busy");
    }, (problem) => {
      table.hidden = body.childElementCount === 0;
      fill(below, problemBox(problem, reload));
      listing.removeAttribute("aria-busy");
    });
  }

  fill(root, note && h("p", { class: "note" }, note),
    (filters.length > 0 || tools.length > 0) && h("div", { class: "bar" },
      filters.map((spec) => filter(spec, kept, reload)), h("span", { class: "gap" }), tools),
    listing);
  return { reload, query: kept, first: reload() };
}

/**
 * A filter field that writes its value into `kept` and the address, then calls `changed`.
 * @param {Spec} spec
 * @param {Kept} kept
 * @param {() => unknown} changed
 */
export function filter(spec, kept, changed) {
  const made = labelled({ ...spec, empty: spec.empty ?? t("do.all"), value: kept[spec.name] });
  const chosen = kept[spec.name];
  if (spec.kind === "select" && chosen) {
    made.input.prepend(h("option", { value: "" }, spec.empty ?? t("do.all")));
    made.input.value = chosen;
  }
  /** @type {number | undefined} */
  let timer;
  const take = () => {
    // What was typed on a page that has been left since isn't the next one's filter.
    if (!made.element.isConnected) return;
    const value = made.read();
    if (value) kept[spec.name] = value;
    else delete kept[spec.name];
    keepQuery(kept);
    changed();
  };
  made.input.addEventListener(spec.kind === "text" ? "input" : "change", () => {
    clearTimeout(timer);
    timer = setTimeout(take, spec.kind === "text" ? TYPING_MS : 0);
  });
  return made.element;
}

/**
 * A table of what is already here.
 * @template Row
 * @param {Column<Row>[]} columns
 * @param {Row[]} rows
 * @param {string} empty
 * @param {(row: Row) => string} [open]
 */
export function table(columns, rows, empty, open) {
  if (rows.length === 0) return h("p", { class: "empty" }, empty);
  return h("table", { class: "table" },
    h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column.title)))),
    h("tbody", {}, rows.map((row) => line(row, columns, open))));
}

/**
 * @template Row
 * @param {Row} row
 * @param {Column<Row>[]} columns
 * @param {(row: Row) => string} [open]
 */
function line(row, columns, open) {
  const address = open?.(row);
  return h("tr", { class: address && "is-open", onclick: address && ((event) => {
    if (!(/** @type {Element} */ (event.target).closest("a, button, input, select"))) location.hash = address;
  }) }, columns.map((column, place) => {
    const content = column.of(row);
    const linked = address && place === 0 ? h("a", { href: address }, content) : content;
    return h("td", { data: { title: column.title }, class: column.class }, linked ?? "–");
  }));
}

/** @param {any} answer */
function rowsOf(answer) {
  return Array.isArray(answer) ? answer : answer.items;
}
