// The working calendar: which years are decreed, what was imported, and the import of a holiday decree's table.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get, post } from "../wire/api.js";
import { hasRole } from "../wire/session.js";
import { labelled } from "../parts/dialog.js";
import { table } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";

/**
 * Shows the page; the administrator can import.
 * @param {Element} root
 */
export async function show(root) {
  const body = h("div", { class: "cards" });
  const load = async () => {
    try {
      fill(body, form, shown(await get("/calendar")));
    } catch (problem) {
      fill(body, form, problemBox(problem, load));
    }
  };
  const form = hasRole("administrator") && importer(load);
  fill(root, h("p", { class: "note" }, t("calendar.note")), body);
  await load();
}

/** @param {Schemas["CalendarAnswer"]} answer */
function shown({ years, told_zh: told, days }) {
  return [
    h("section", { class: "panel is-wide" }, h("h2", {}, t("calendar.years")),
      told.length > 0 ? told.map((line) => h("p", { class: "call" }, line)) : h("p", {}, t("calendar.fine")),
      table([
        { title: t("calendar.year"), of: (row) => row.year },
        { title: t("calendar.source"), of: (row) => word("calendarSource", row.source) },
        { title: t("calendar.imported"), of: (row) => row.imported },
        { title: t("calendar.working"), of: (row) => row.working_days },
        { title: t("calendar.lawful"), of: (row) => row.lawful_days },
        { title: t("calendar.told"), class: "wide", of: (row) => row.told_zh || "–" },
      ], years, t("calendar.empty"))),
    h("section", { class: "panel is-wide" }, h("h2", {}, t("calendar.days")), table([
      { title: t("calendar.day"), of: (row) => row.day },
      { title: t("calendar.works"), of: (row) => word("yesNo", row.working ? "yes" : "no") },
      { title: t("calendar.name"), of: (row) => row.name || "–" },
    ], days, t("calendar.empty"))),
  ];
}

/**
 * A file or a text; what it would change; and only then the button that applies just that.
 * @param {() => Promise<void>} done
 */
function importer(done) {
  const file = h("input", { type: "file", id: "calendar-file", accept: ".csv,.xlsx,.txt", class: "unseen",
    "aria-label": t("calendar.file") });
  const text = labelled({ name: "text", label: t("calendar.text"), kind: "long", most: 200000, hint: t("calendar.hint") });
  const result = h("div", { "aria-live": "polite" });
  // The browser's own words for a file field are in the browser's language.
  const named = h("span", {}, t("calendar.noFile"));
  const clear = () => {
    file.value = "";
    fill(named, t("calendar.noFile"));
  };
  const sent = async () => {
    const chosen = file.files?.[0];
    if (chosen) return { content: await base64(chosen) };
    return text.read() ? { text: text.read() } : null;
  };
  const see = async () => {
    fill(result);
    try {
      const body = await sent();
      if (body === null) fill(result, h("p", { class: "call" }, t("calendar.missing")));
      else fill(result, preview(await post("/calendar/preview", body), body));
    } catch (problem) {
      fill(result, problemBox(problem));
    }
  };
  /** @param {Schemas["ImportBody"]} body */
  const apply = async (body) => {
    try {
      const answer = await post("/calendar", body);
      say(t("calendar.done", { days: answer.days }));
      clear();
      text.input.value = "";
      fill(result);
      await done();
    } catch (problem) {
      fill(result, problemBox(problem));
    }
  };
  /**
   * @param {Schemas["PreviewAnswer"]} answer
   * @param {Schemas["TableBody"]} body
   */
  const preview = (answer, body) => [
    h("p", {}, t(answer.changes.length > 0 ? "calendar.count" : "calendar.same",
      { days: answer.days, changes: answer.changes.length })),
    answer.changes.length > 0 && h("ul", {}, answer.changes.map((change) => h("li", {}, change.text_zh))),
    answer.years.map(verdict),
    h("div", { class: "form-buttons" }, h("button", { class: "button primary", type: "button",
      onclick: () => apply({ ...body, seen: answer.seen }) }, t("calendar.apply"))),
  ];
  // A file or a text, never both; and what is shown below is of the latest choice.
  file.addEventListener("change", () => {
    text.input.value = "";
    fill(named, file.files?.[0]?.name ?? t("calendar.noFile"));
    fill(result);
  });
  text.input.addEventListener("input", () => {
    clear();
    fill(result);
  });
  return h("section", { class: "panel is-wide form" }, h("h2", {}, t("calendar.add")),
    h("div", { class: "bar" }, file, h("label", { for: "calendar-file", class: "button" }, t("calendar.pick")), named),
    text.element,
    h("div", { class: "form-buttons" }, h("button", { class: "button", type: "button", onclick: see }, t("calendar.see"))),
    result);
}

/** @param {Schemas["Year"]} year */
function verdict(year) {
  if (year.told_zh) return h("p", { class: "call" }, year.told_zh);
  const fits = year.working_days === year.lawful_days;
  return h("p", {}, t(fits ? "calendar.whole" : "calendar.differs",
    { year: year.year, working: year.working_days, lawful: year.lawful_days }));
}

/** @param {Blob} blob */
async function base64(blob) {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
