// The shell, pages: each page's address, name, place in the menu, and the roles that it is for.

import { hasRole } from "../wire/session.js";

/**
 * @typedef {{ show(root: Element, place: Place): unknown }} PageModule
 * @typedef {{ name: string, group: string, roles: Role[] | null, load: () => Promise<PageModule>, isListed: boolean, title: string }} Page
 */

/** @type {Role[]} */
const WATCH = ["command_centre", "leader", "deputy", "head", "verifier", "supervision", "political"];
/** @type {Role[]} */
const UNIT = ["custodian", "leader", "deputy", "head", "command_centre"];
/** @type {Role[]} */
const PAPER = ["verifier", "supervision", "political", "head", "leader"];
const ALL = null;

/**
 * @param {string} name
 * @param {string} group
 * @param {Role[] | null} roles
 * @param {Page["load"]} load
 * @returns {Page}
 */
const page = (name, group, roles, load, isListed = true) => ({
  name, group, roles, load, isListed, title: `page.${name}`,
});

/** Every page. `roles` null: for everybody signed in. The server decides what an account may see; this only tidies. */
export const PAGES = [
  page("map", "watch", [...WATCH, "custodian"], () => import("../pages/map.js")),
  page("incidents", "watch", [...WATCH, "custodian"], () => import("../pages/incidents.js")),
  page("wall", "watch", WATCH, () => import("../pages/wall.js")),
  page("handover", "watch", ["command_centre", "head", "supervision"], () => import("../pages/handover.js")),
  page("mine", "unit", ["officer", "auxiliary", "custodian", "leader"], () => import("../pages/mine.js")),
  page("custody", "unit", ["custodian", "leader", "deputy", "head"], () => import("../pages/custody.js")),
  page("duty", "unit", [...WATCH, "custodian"], () => import("../pages/duty.js")),
  page("recorders", "unit", [...WATCH, "custodian", "engineer"], () => import("../pages/recorders.js")),
  page("imports", "unit", [...UNIT, ...PAPER], () => import("../pages/imports.js")),
  page("units", "unit", [...WATCH, "custodian"], () => import("../pages/units.js")),
  page("approvals", "unit", ["leader", "head", "deputy", "verifier", "supervision"],
    () => import("../pages/approvals.js")),
  page("slips", "paper", PAPER, () => import("../pages/slips.js")),
  page("circulars", "paper", [...PAPER, "command_centre"], () => import("../pages/circulars.js")),
  page("repairs", "paper", [...UNIT, "engineer", "supervision"], () => import("../pages/repairs.js")),
  page("requests", "paper", ["head", "leader", "command_centre", "verifier", "custodian", "supervision"],
    () => import("../pages/requests.js")),
  page("notices", "system", [...WATCH, "custodian"], () => import("../pages/notices.js")),
  page("maintenance", "system", [...WATCH, "custodian", "officer", "auxiliary", "engineer"], () => import("../pages/maintenance.js")),
  page("rules", "system", ALL, () => import("../pages/rules.js")),
  page("system", "system", ["engineer", "administrator", "command_centre"], () => import("../pages/system.js")),
  page("calendar", "system", ["administrator", "engineer", "command_centre"], () => import("../pages/calendar.js")),
  page("accounts", "system", ["administrator", "security", "auditor"], () => import("../pages/accounts.js")),
  page("grants", "system", ["administrator", "security", "auditor"], () => import("../pages/grants.js")),
  page("tokens", "system", ["administrator", "security", "engineer", ...WATCH, "custodian"], () => import("../pages/tokens.js")),
  page("audit", "system", ["auditor", "security"], () => import("../pages/audit.js")),
  page("password", "system", ALL, () => import("../pages/password.js"), false),
  page("lost", "system", ALL, () => import("../pages/lost.js"), false),
];

/**
 * The page of an address, or undefined.
 * @param {string} name
 */
export function pageOf(name) {
  return PAGES.find((each) => each.name === name);
}

/**
 * The menu of this account: [group, pages], groups without a page left out.
 * @returns {[group: string, pages: Page[]][]}
 */
export function menu() {
  return ["watch", "unit", "paper", "system"].flatMap((group) => {
    const pages = PAGES.filter((each) => each.group === group && each.isListed && isFor(each));
    return pages.length > 0 ? [[group, pages]] : [];
  });
}

/** Where this account begins. */
export function home() {
  if (hasRole("command_centre", "leader", "deputy", "head")) return "map";
  if (hasRole("custodian")) return "custody";
  if (hasRole("officer", "auxiliary")) return "mine";
  if (hasRole("verifier", "supervision", "political")) return "incidents";
  if (hasRole("auditor")) return "audit";
  return hasRole("administrator", "security") ? "accounts" : "rules";
}

/** @param {Page} each */
function isFor(each) {
  return each.roles === null || hasRole(...each.roles);
}
