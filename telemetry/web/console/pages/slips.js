// Slips: the register of 移送单, and after an id one slip with its opinions step by step and its document.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { address, get, post } from "../wire/api.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { say } from "../parts/toast.js";
import { unitFilter } from "../parts/units.js";

/**
 * Shows the page.
 * @param {Element} root
 * @param {Place} place
 */
export async function show(root, place) {
  if (place.parts[0]) {
    draw(root, await get(`/slips/${encodeURIComponent(place.parts[0])}`));
    return;
  }
  const units = await unitFilter(t("do.unit"));
  const body = h("div", {});
  fill(root, body);
  const { first } = list(body, {
    path: "/slips", place, empty: t("slip.empty"),
    filters: [{ name: "annex", label: t("slip.annex"), kind: "select", options: choices("annex") }, ...units,
      { name: "void", label: t("slip.state"), kind: "select", options: [["false", t("slip.valid")], ["true", t("slip.void")]] },
      { name: "q", label: t("do.search"), kind: "text" }],
    open: (row) => `#/slips/${encodeURIComponent(row.slip_id)}`,
    columns: [
      { title: t("slip.number"), of: (row) => row.number },
      { title: t("slip.annex"), of: (row) => word("annex", String(row.annex)) },
      { title: t("do.unit"), of: (row) => row.unit_name },
      { title: t("do.officer"), of: (row) => row.officer_name },
      { title: t("slip.box"), class: "wide", of: (row) => row.kind_zh },
      { title: t("slip.made"), of: (row) => full(row.issued_at) },
      { title: t("slip.state"), of: state },
    ],
  });
  await first;
}

/** @typedef {Schemas["SlipDetail"]} Detail */

/** @param {Schemas["SlipSummary"]} slip */
function state(slip) {
  return h("span", { class: "badge" }, slip.is_void ? t("slip.void") : slip.state_zh);
}

/** @typedef {`/slips/${string}`} Path */

/**
 * @param {Element} root
 * @param {Detail} detail
 */
function draw(root, detail) {
  const { slip } = detail;
  /** @type {Path} */
  const path = `/slips/${encodeURIComponent(slip.slip_id)}`;
  const checked = h("div", { "aria-live": "polite" });
  fill(root, h("article", { class: "incident slip" },
    h("a", { class: "back", href: "#/slips" }, t("do.back")),
    h("h2", {}, `${detail.title} ${slip.number} `, state(slip)),
    !detail.is_current && !slip.is_void && h("p", { class: "note" }, t("slip.stale")),
    facts(detail),
    h("div", { class: "actions" },
      h("a", { class: "button primary", href: address(`${path}/document.docx`), download: "" }, "DOCX"),
      h("a", { class: "button", href: address(`${path}/document.pdf`), download: "" }, "PDF"),
      h("button", { class: "button", onclick: () => check(path, checked) }, t("slip.verify"))), checked,
    h("h3", {}, t(slip.is_void ? "slip.contentThen" : "slip.content")), detail.established.map((text) => h("p", {}, text)),
    Object.entries(detail.texts).filter(([, text]) => text).map(([name, text]) => [h("h3", {}, word("slipText", name)),
      h("p", { class: "pre" }, text)]),
    h("h3", {}, t("slip.statement")),
    detail.statements.length === 0 && h("p", { class: "empty" }, t("slip.noStatement")),
    detail.statements.map((each) => h("blockquote", { class: "reason" }, each.text)),
    h("h3", {}, t("slip.steps")), steps(root, detail, path)));
}

/** @param {Detail} detail */
function facts({ slip, evidence_sha256: hash }) {
  /**
   * @param {string} label
   * @param {Child} value
   * @returns {Child}
   */
  const fact = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];
  return h("dl", { class: "facts" },
    fact(t("slip.annex"), word("annex", String(slip.annex))),
    fact(t("slip.box"), slip.kind_zh),
    fact(t("slip.department"), slip.department),
    fact(t("do.unit"), slip.unit_name),
    fact(t("do.officer"), slip.officer_name),
    fact(t("slip.made"), full(slip.issued_at)),
    fact(t("slip.incident"), h("a", { href: `#/incidents/${encodeURIComponent(slip.incident_id)}` }, slip.incident_id)),
    fact(t("slip.hash"), h("code", { class: "hash" }, hash)));
}

/**
 * @param {Element} root
 * @param {Detail} detail
 * @param {Path} path
 */
function steps(root, detail, path) {
  /** @param {Schemas["SlipOffer"]} offer */
  const act = async ({ step, label_zh: label }) => {
    const done = await ask({ title: label, submit: label, isDangerous: step === "void", draft: `${path}/${step}`, fields: [
      { name: "opinion", label: t("slip.opinion"), kind: "long", required: true, hint: t("slip.opinionHint") }],
    send: ({ opinion }) => post(`${path}/steps`, { step: /** @type {Schemas["StepBody"]["step"]} */ (step), opinion, version: detail.slip.version }) });
    if (!done) return;
    say(t("slip.signed"));
    draw(root, done);
  };
  return [
    detail.steps.length === 0 && h("p", { class: "empty" }, t("slip.noSteps")),
    h("ol", { class: "history" }, detail.steps.map((each) => h("li", {}, h("time", {}, full(each.at)), " ",
      h("strong", {}, each.step_zh), " ", each.account, h("p", { class: "reason" }, each.opinion)))),
    h("div", { class: "actions", role: "group", "aria-label": t("do.actions") }, detail.offers.map((offer) => h("button", {
      class: `button ${offer.step === "void" ? "danger" : "primary"}`, data: { action: offer.step },
      onclick: () => act(offer) }, offer.label_zh))),
  ];
}

/**
 * Asks for the hash that stands on a copy, if there is one, and says whether slip, evidence and copy are as issued.
 * @param {Path} path
 * @param {Element} place
 */
async function check(path, place) {
  const found = await ask({ title: t("slip.verify"), submit: t("slip.verify"), fields: [
    { name: "sha256", label: t("slip.copyHash"), most: 200, hint: t("slip.copyHint") }],
  send: ({ sha256 }) => get(`${path}/verify`, { sha256 }) });
  if (!found) return;
  const isGood = found.is_intact && found.copy_matches !== false;
  fill(place, h("p", { class: isGood ? "note good" : "problem" },
    badge("verified", found.is_intact ? "intact" : "broken"), badge("verified", found.is_current ? "current" : "changed"),
    found.copy_matches !== null && badge("verified", found.copy_matches ? "same" : "other")));
}
