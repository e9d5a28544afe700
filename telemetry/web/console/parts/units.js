// Parts, units: the bureau's tree as choices, and what lies below a node.

import { get } from "../wire/api.js";

/** @typedef {Schemas["UnitNode"]} Unit */

/**
 * The units as [id, indented name], parents before children.
 * @param {Unit[]} units
 * @returns {Choice[]}
 */
export function unitChoices(units) {
  const children = byParent(units);
  const ids = new Set(units.map((unit) => unit.unit_id));
  const roots = units.filter((unit) => !unit.parent_id || !ids.has(unit.parent_id));
  /**
   * @param {Unit} unit
   * @param {number} depth
   * @returns {Choice[]}
   */
  const walk = (unit, depth) => [
    [unit.unit_id, `${"\u3000".repeat(depth)}${unit.name}`],
    ...(children.get(unit.unit_id) ?? []).flatMap((child) => walk(child, depth + 1)),
  ];
  return roots.flatMap((root) => walk(root, 0));
}

/**
 * The ids of a unit and everything below it.
 * @param {Unit[]} units
 * @param {string} root
 */
export function below(units, root) {
  const children = byParent(units);
  /** @type {Set<string>} */
  const found = new Set();
  /** @param {string} id */
  const walk = (id) => {
    if (found.has(id)) return;
    found.add(id);
    for (const child of children.get(id) ?? []) walk(child.unit_id);
  };
  walk(root);
  return found;
}

/**
 * A unit filter for a list, out of the units that this account may see; none where it sees only one.
 * @param {string} label
 * @returns {Promise<Spec<"unit_id">[]>}
 */
export async function unitFilter(label) {
  const units = await get("/units");
  return units.length < 2 ? [] : [{ name: "unit_id", label, kind: "select", options: unitChoices(units) }];
}

/** @param {Unit[]} units */
function byParent(units) {
  /** @type {Map<string | null, Unit[]>} */
  const children = new Map();
  for (const unit of units) children.set(unit.parent_id, [...(children.get(unit.parent_id) ?? []), unit]);
  return children;
}
