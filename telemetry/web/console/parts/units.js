// Parts, units: the bureau's tree as choices, and what lies below a node.

import { get } from "../wire/api.js";

/** The units as [id, indented name], parents before children. */
export function unitChoices(units) {
  const children = byParent(units);
  const ids = new Set(units.map((unit) => unit.unit_id));
  const roots = units.filter((unit) => !unit.parent_id || !ids.has(unit.parent_id));
  const walk = (unit, depth) => [
    [unit.unit_id, `${"\u3000".repeat(depth)}${unit.name}`],
    ...(children.get(unit.unit_id) ?? []).flatMap((child) => walk(child, depth + 1)),
  ];
  return roots.flatMap((root) => walk(root, 0));
}

/** The ids of a unit and everything below it. */
export function below(units, root) {
  const children = byParent(units);
  const found = new Set();
  const walk = (id) => {
    if (found.has(id)) return;
    found.add(id);
    for (const child of children.get(id) ?? []) walk(child.unit_id);
  };
  walk(root);
  return found;
}

/** A unit filter for a list, out of the units that this account may see; none where it sees only one. */
export async function unitFilter(label, name = "unit_id") {
  const units = await get("/units");
  return units.length < 2 ? [] : [{ name, label, kind: "select", options: unitChoices(units) }];
}

function byParent(units) {
  const children = new Map();
  for (const unit of units) {
    if (!children.has(unit.parent_id)) children.set(unit.parent_id, []);
    children.get(unit.parent_id).push(unit);
  }
  return children;
}
