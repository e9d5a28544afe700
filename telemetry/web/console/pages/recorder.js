// One recorder: what it is, how it is now, and the picture of a day.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { day, full, gigabytes } from "../time.js";
import { battery, signal } from "../map/card.js";
import { badge } from "../parts/badge.js";
import { filter } from "../parts/list.js";
import { problemBox } from "../parts/problem.js";
import { timeline } from "../parts/timeline.js";

const DAY_MS = 86_400_000;

/** Shows one recorder. */
export async function showRecorder(root, id, query) {
  const kept = { date: day(), ...query };
  const known = await get(`/recorders/${encodeURIComponent(id)}`);
  const now = h("div", {});
  const picture = h("div", {});
  const drawNow = () => fill(now, facts({ ...known, ...(known.live ?? {}), ...(live.recorders.get(id) ?? {}) }));
  const load = async () => {
    const from = new Date(`${kept.date}T00:00:00+08:00`);
    const to = new Date(Math.min(from.getTime() + DAY_MS, Math.max(Date.now(), from.getTime() + 3_600_000)));
    try {
      const data = await get(`/recorders/${encodeURIComponent(id)}/timeline`,
        { from: from.toISOString(), to: to.toISOString() });
      fill(picture, timeline(data));
    } catch (problem) {
      fill(picture, problemBox(problem, load));
    }
  };
  fill(root, h("p", {}, h("a", { class: "back", href: "#/recorders" }, t("do.back"))), h("h2", {}, id), now,
    h("div", { class: "bar" }, filter({ name: "date", label: t("recorder.day"), kind: "date" }, kept, load),
      h("span", { class: "gap" }),
      h("a", { class: "button", href: `#/map?select=${encodeURIComponent(id)}` }, t("recorder.onMap")),
      h("a", { class: "button", href: `#/incidents?recorder_id=${encodeURIComponent(id)}` }, t("recorder.incidents"))),
    picture);
  drawNow();
  await load();
  return live.watch({ recorders: (ids) => ids.includes(id) && drawNow(), reset: drawNow });
}

function facts(each) {
  const fact = (label, value) => [h("dt", {}, label), h("dd", {}, value ?? "–")];
  return h("dl", { class: "facts" },
    fact(t("recorders.state"), badge("state", each.state)),
    fact(t("recorders.status"), word("recorderStatus", each.status)),
    fact(t("do.unit"), each.unit_name ?? each.unit_id),
    fact(t("recorders.holder"), each.officer_name ?? each.holder_name),
    fact(t("recorders.model"), [each.model, each.firmware].filter(Boolean).join(" ")),
    fact("IMEI", each.imei),
    fact("ICCID", each.iccid),
    fact(t("card.sim"), word("sim", each.sim) || t("card.unsensed")),
    fact(t("card.battery"), battery(each)),
    fact(t("card.storage"), each.total_mb ? `${gigabytes(each.free_mb)} / ${gigabytes(each.total_mb)}` : "–"),
    fact(t("card.signal"), signal(each)),
    fact(t("recorder.cell"), each.cell),
    fact(t("recorders.last"), full(each.last_at)),
    fact(t("recorder.heartbeat"), each.heartbeat_s && t("time.seconds", { n: each.heartbeat_s })));
}
