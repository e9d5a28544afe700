// Parts, what went wrong: what the server said, field by field, and what to do now.

import { h } from "../dom.js";
import { t } from "../words.js";
import { isAbort, Problem } from "../wire/api.js";

/**
 * A box for a failed request; `again` is offered where given. A fault of ours is logged.
 * @param {unknown} problem
 * @param {(() => unknown) | null} [again]
 */
export function problemBox(problem, again = null) {
  if (!(problem instanceof Problem)) {
    if (isAbort(problem)) return h("p", {});
    console.error(problem);
    return box(t("problem.own"), problem instanceof Error ? problem.message : String(problem), [], t("advice.other"), again);
  }
  return box(problem.title, problem.detail, problem.errors, problem.advice, again);
}

/**
 * @param {string} title
 * @param {string} detail
 * @param {Schemas["FieldError"][]} errors
 * @param {string} advice
 * @param {(() => unknown) | null} again
 */
function box(title, detail, errors, advice, again) {
  return h("div", { class: "problem", role: "alert" },
    h("strong", {}, title),
    detail && detail !== title && h("p", {}, detail),
    errors.length > 0 && h("ul", {}, errors.map((error) => h("li", {},
      error.field ? `${error.field}：` : "", error.reason_zh || error.reason))),
    h("p", { class: "advice" }, advice),
    again && h("button", { class: "button", onclick: again }, t("do.retry")));
}
