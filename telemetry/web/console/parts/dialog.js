// Parts, questions: a dialog with fields that stays open, and says why, until the server has accepted.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { fromLocalInput, short } from "../time.js";
import { draftOf, dropDraft, keepDraft } from "../wire/drafts.js";
import { problemBox } from "./problem.js";

let numbers = 0;

/**
 * @template T
 * @typedef {{
 *   title: string, send: (values: any) => T | Promise<T>, text?: string, submit?: string, isDangerous?: boolean,
 *   draft?: string | null,
 * }} Question
 */

/**
 * Asks; `send(values)` does it; its answer (true where it has none) is the dialog's, null where the person gave up.
 * With a `draft` (its name) what is written is kept until it is sent; nothing that was written goes without a question.
 * @template T
 * @param {Question<T> & { fields?: Spec[] }} question
 * @returns {Promise<Answered<T> | null>}
 */
export function ask({ title, text, fields = [], submit = t("do.submit"), isDangerous = false, draft = null, send }) {
  return new Promise((resolve) => {
    /** @type {Answered<T> | null} */
    let answer = null;
    let isOver = false;
    const end = () => {
      isOver = true;
      dialog.close();
    };
    const trouble = h("div", {});
    const inputs = fields.map(field);
    const button = h("button", { class: `button ${isDangerous ? "danger" : "primary"}`, type: "submit" }, submit);
    const empty = written(inputs);
    const isWritten = () => inputs.some(({ name, input }) => input?.matches("textarea, input:not([type=password])")
      && input.value !== empty[name]);
    const asked = h("div", {});
    const forget = () => {
      if (draft) dropDraft(draft);
    };
    const close = () => (isWritten() ? fill(asked, leaving(draft, { stay: () => fill(asked), keep: end, drop: () => {
      forget();
      end();
    } })) : end());
    const form = h("form", { method: "dialog", class: "form", onsubmit: async (event) => {
      event.preventDefault();
      button.disabled = true;
      fill(trouble);
      try {
        answer = /** @type {Answered<T>} */ ((await send(values(inputs))) ?? true);
        forget();
        end();
      } catch (problem) {
        fill(trouble, problemBox(problem));
      } finally {
        button.disabled = false;
      }
    } }, h("h2", { id: `dialog-${++numbers}` }, title), text && h("p", {}, text), draft && restored(draft, inputs),
    inputs.map((each) => each.element), trouble, asked,
    h("div", { class: "form-buttons" }, h("button", { class: "button", type: "button", onclick: close }, t("do.cancel")),
      button));
    const dialog = h("dialog", { class: "dialog", "aria-labelledby": `dialog-${numbers}` }, form);
    form.addEventListener("input", () => {
      if (draft && isWritten()) keepDraft(draft, written(inputs));
      else forget();
    });
    dialog.addEventListener("cancel", (event) => {
      event.preventDefault();
      close();
    });
    dialog.addEventListener("close", () => {
      // A second Esc closes whatever the page says of it.
      if (!isOver && isWritten()) {
        dialog.showModal();
        close();
        return;
      }
      window.removeEventListener("hashchange", end);
      dialog.remove();
      resolve(answer);
    });
    // It belongs to the page that asked.
    window.addEventListener("hashchange", end);
    document.body.append(dialog);
    dialog.showModal();
    /** @type {HTMLElement | null} */ (form.querySelector("input, select, textarea"))?.focus();
  });
}

/**
 * What stands in the fields, by name; a password is nobody's to keep.
 * @param {Field[]} inputs
 */
function written(inputs) {
  return Object.fromEntries(inputs.flatMap(({ name, input }) => (
    input && input.type !== "password" ? [[name, input.value]] : [])));
}

/**
 * Puts a draft back into its fields, and says so.
 * @param {string} name
 * @param {Field[]} inputs
 */
function restored(name, inputs) {
  const draft = draftOf(name);
  if (!draft) return null;
  const before = written(inputs);
  /** @param {Record<string, string>} all */
  const put = (all) => {
    for (const { name: each, input } of inputs) if (input && each in all) input.value = all[each];
  };
  put(draft.values);
  const note = h("div", { class: "note draft" }, h("span", {}, t("draft.restored", { at: short(draft.at) })),
    h("button", { class: "button", type: "button", onclick: () => {
      put(before);
      dropDraft(name);
      note.remove();
    } }, t("draft.clear")));
  return note;
}

/**
 * The question before something written goes: to go on, to come back to it later where it is kept, or to drop it.
 * @param {string | null} draft
 * @param {{ stay: () => void, keep: () => void, drop: () => void }} on
 */
function leaving(draft, on) {
  /**
   * @param {string} label
   * @param {string} kind
   * @param {() => void} onclick
   */
  const button = (label, kind, onclick) => h("button", { class: `button ${kind}`, type: "button", onclick }, t(label));
  return h("div", { class: "leaving", role: "alert" }, h("p", {}, t(draft ? "draft.leavingKept" : "draft.leaving")),
    h("div", { class: "form-buttons" }, button("draft.stay", "primary", on.stay), draft && button("draft.keep", "", on.keep),
      button("draft.drop", "danger", on.drop)));
}

/**
 * A question without fields.
 * @template T
 * @param {Question<T>} question
 */
export const confirm = (question) => ask(question);

/**
 * One field or, for `checks`, one set of boxes.
 * @param {Spec} spec
 * @returns {Field}
 */
function field(spec) {
  if (spec.kind === "checks") return checks(spec);
  return spec.kind === "search" ? search(spec) : labelled(spec);
}

/**
 * One labelled field.
 * @param {Spec} spec
 * @returns {Field & { input: Control }}
 */
export function labelled(spec) {
  const id = `field-${++numbers}`;
  const input = control(spec, id);
  const hint = spec.hint && h("small", { id: `${id}-hint`, class: "hint" }, spec.hint);
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  const read = () => {
    if (spec.kind === "time") return fromLocalInput(input.value);
    if (spec.kind === "number") return input.value === "" ? null : Number(input.value);
    return input.value.trim() === "" ? null : input.value;
  };
  return { name: spec.name, read, input, element: h("div", { class: "field" },
    h("label", { for: id }, spec.label, spec.required && h("span", { class: "must", "aria-hidden": "true" }, " *")),
    input, hint) };
}

/**
 * What the fields hold, by name.
 * @param {Field[]} inputs
 * @returns {any}
 */
export function values(inputs) {
  return Object.fromEntries(inputs.map((each) => [each.name, each.read()]));
}

/**
 * @param {Spec} spec
 * @param {string} id
 * @returns {Control}
 */
function control(spec, id) {
  const shared = { id, name: spec.name, required: spec.required, value: spec.value ?? "" };
  if (spec.kind === "long") return h("textarea", { ...shared, rows: 4, maxlength: spec.most ?? 2000 });
  if (spec.kind === "select") {
    const select = h("select", { id, name: spec.name, required: spec.required },
      !spec.value && h("option", { value: "" }, spec.empty ?? t("do.choose")),
      (spec.options ?? []).map(([value, label]) => h("option", { value }, label)));
    if (spec.value) select.value = spec.value;
    return select;
  }
  /** @type {Partial<Record<string, string>>} */
  const types = { time: "datetime-local", date: "date", number: "number", password: "password" };
  return h("input", { ...shared, type: types[spec.kind ?? "text"] ?? "text", list: spec.list, autocomplete: spec.autocomplete ?? "off",
    maxlength: spec.most ?? null, step: spec.kind === "number" ? "any" : null });
}

/**
 * @param {Spec} spec
 * @returns {Field}
 */
function checks(spec) {
  const boxes = (spec.options ?? []).map(([value, label]) => {
    const input = h("input", { type: "checkbox", value, checked: (spec.value ?? []).includes(value) });
    return { input, element: h("label", { class: "check" }, input, label) };
  });
  const read = () => boxes.filter((box) => box.input.checked).map((box) => box.input.value);
  return { name: spec.name, read, input: null, element: h("fieldset", { class: "field checks" },
    h("legend", {}, spec.label), boxes.map((box) => box.element)) };
}

/**
 * A value out of very many: whoever types sees what there is, and by name whom or what the value stands for.
 * @param {Spec} spec
 * @returns {Field}
 */
function search(spec) {
  const id = `field-${++numbers}`;
  const list = h("datalist", { id: `${id}-list` });
  const named = h("small", { id: `${id}-named`, class: "hint", role: "status" });
  const input = control({ ...spec, list: `${id}-list` }, id);
  input.setAttribute("aria-describedby", `${id}-named`);
  input.addEventListener("input", async () => {
    const text = input.value.trim();
    const found = text === "" || !spec.suggest ? [] : await spec.suggest(text).catch(() => []);
    if (text !== input.value.trim()) return;
    fill(list, found.map(([value, label]) => h("option", { value }, label)));
    fill(named, found.find(([value]) => value === text)?.[1]);
  });
  return { name: spec.name, input, read: () => input.value.trim() || null, element: h("div", { class: "field" },
    h("label", { for: id }, spec.label, spec.required && h("span", { class: "must", "aria-hidden": "true" }, " *")),
    input, list, named) };
}
