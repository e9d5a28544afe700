// Slips: the register of 移送单, and after an id one slip with its opinions step by step and its document.

import { fill, h } from "../dom.js";
import { choices, t, word } from "../words.js";
import { address, get, post } from "../wire/api.js";
import { full } from "../time.js";
import { badge } from "../parts/badge.js";
import { ask } from "../parts/dialog.js";
import { list } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { say } from "../parts/toast.js";

/** Shows the page. */
export async function show(root, place) {
  if (place.parts[0]) {
    await one(root, place.parts[0]);
    return;
  }
  const body = h("div", {});
  fill(root, body);
  const { first } = list(body, {
    path: "/slips", place, empty: t("slip.empty"),
    filters: [{ name: "annex", label: t("slip.annex"), kind: "select", options: choices("annex") },
      { name: "status", label: t("slip.status"), kind: "select", options: choices("slipStatus") },
      { name: "q", label: t("do.search"), kind: "text" }],
    open: (row) => `#/slips/${encodeURIComponent(row.slip_id)}`,
    columns: [
      { title: t("slip.number"), of: (row) => row.number ?? row.slip_id },
      { title: t("slip.annex"), of: (row) => word("annex", String(row.annex)) },
      { title: t("do.unit"), of: (row) => row.unit_name ?? row.unit_id },
      { title: t("do.officer"), of: (row) => row.officer_name ?? row.officer_id },
      { title: t("slip.box"), of: (row) => row.box && word("box", String(row.box)) },
      { title: t("slip.made"), of: (row) => full(row.created_at ?? row.made_at) },
      { title: t("slip.status"), of: (row) => badge("slipStatus", row.status ?? row.state) },
    ],
  });
  await first;
}

async function one(root, id) {
  const path = `/slips/${encodeURIComponent(id)}`;
  const slip = await get(path);
  const again = () => one(root, id);
  const isVoid = (slip.status ?? slip.state) === "revoked" || slip.revoked_at;
  const checked = h("div", { "aria-live": "polite" });
  const check = async () => {
    try {
      const answer = await get(`${path}/verify`);
      const holds = answer.holds ?? answer.ok ?? answer.valid ?? answer.matches ?? answer.unchanged;
      fill(checked, h("p", { class: holds ? "note good" : "problem" }, t(holds ? "slip.holds" : "slip.differs")));
    } catch (problem) {
      fill(checked, problemBox(problem));
    }
  };
  fill(root, h("article", { class: "incident" },
    h("a", { class: "back", href: "#/slips" }, t("do.back")),
    h("h2", {}, slip.number ?? slip.slip_id, " ", badge("slipStatus", slip.status ?? slip.state), isVoid && h("strong", { class: "warn" }, t("slip.void"))),
    facts(slip),
    h("div", { class: "actions" },
      h("a", { class: "button primary", href: address(`${path}/document.docx`), download: "" }, "DOCX"),
      h("a", { class: "button", href: address(`${path}/document.pdf`), download: "" }, "PDF"),
      h("button", { class: "button", onclick: check }, t("slip.verify"))), checked,
    h("h3", {}, t("slip.content")), h("p", { class: "pre" }, slip.content ?? slip.findings ?? slip.facts_text ?? slip.text),
    slip.statement && [h("h3", {}, t("slip.statement")), h("p", { class: "pre" }, slip.statement)],
    h("h3", {}, t("slip.steps")), steps(slip, path, again)));
}

function facts(slip) {
  const fact = (label, value) => value && [h("dt", {}, label), h("dd", {}, value)];
  return h("dl", { class: "facts" },
    fact(t("slip.annex"), word("annex", String(slip.annex))),
    fact(t("slip.department"), slip.department),
    fact(t("do.unit"), slip.unit_name ?? slip.unit_id),
    fact(t("do.officer"), slip.officer_name ?? slip.officer_id),
    fact(t("slip.box"), slip.box && word("box", String(slip.box))),
    fact(t("slip.made"), full(slip.created_at ?? slip.made_at)),
    fact(t("slip.incident"), slip.incident_id && h("a", { href: `#/incidents/${encodeURIComponent(slip.incident_id)}` },
      slip.incident_id)),
    fact(t("slip.hash"), (slip.hash ?? slip.evidence_sha256 ?? slip.sha256)
      && h("code", { class: "hash" }, slip.hash ?? slip.evidence_sha256 ?? slip.sha256)));
}

function steps(slip, path, again) {
  const done = slip.steps ?? [];
  const next = slip.next_step ?? slip.next ?? null;
  const write = async () => {
    const answer = await ask({ title: word("step", next), submit: t("slip.sign"), fields: [
      { name: "opinion", label: t("slip.opinion"), kind: "long", required: true, hint: t("slip.opinionHint") }],
    send: ({ opinion }) => post(`${path}/steps`, { step: next, opinion, version: slip.version }) });
    if (!answer) return;
    say(t("slip.signed"));
    again();
  };
  return [h("ol", { class: "history" }, done.map((each) => h("li", {}, h("strong", {}, word("step", each.step)), " ",
    each.at ? h("time", {}, full(each.at)) : t("slip.waiting"), " ", each.actor_name ?? each.actor ?? each.account,
    each.opinion && h("p", { class: "reason" }, each.opinion)))),
  next && h("button", { class: "button primary", data: { action: "step" }, onclick: write },
    t("slip.write", { step: word("step", next) }))];
}
