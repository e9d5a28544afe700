// Parts, registers: a list that can be added to, corrected and exported.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { address, patch, post } from "../wire/api.js";
import { ask } from "./dialog.js";
import { list } from "./list.js";
import { say } from "./toast.js";

/**
 * A register below `root`: `fields(row or null)` for a new entry or a correction (null: it can't be corrected), `key`
 * names an entry's id, `more(row, reload)` gives it further buttons.
 */
export async function register(root, place, { path, key, fields, columns, filters, empty, note, add, more }) {
  const body = h("div", {});
  fill(root, body);
  const write = async (row) => {
    const send = (given) => {
      const filled = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== null));
      return row ? patch(`${path}/${encodeURIComponent(row[key] ?? row.id)}`, { ...filled, version: row.version })
        : post(path, filled);
    };
    const done = await ask({ title: row ? t("do.change") : add, fields: fields(row), submit: t("do.save"), send });
    if (!done) return;
    say(t("do.saved"));
    listing.reload();
  };
  const fetchFile = (format) => location.assign(address(path, { ...listing.query, format }));
  const actions = (row) => h("div", { class: "row-buttons" },
    fields(row) && h("button", { class: "button", onclick: () => write(row) }, t("do.change")),
    more?.(row, () => listing.reload()));
  const listing = list(body, {
    path, place, empty, note, filters,
    columns: [...columns, { title: t("do.actions"), of: actions }],
    tools: [h("button", { class: "button", onclick: () => fetchFile("csv") }, "CSV"),
      h("button", { class: "button", onclick: () => fetchFile("xlsx") }, "XLSX"),
      h("button", { class: "button primary", onclick: () => write(null) }, add)],
  });
  await listing.first;
}
