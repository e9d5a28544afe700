// Parts, the timeline's lanes: what a Timeline of the API is drawn as, row by row. Pure: names, spans, points, words.

import { t, toneClass, word } from "../words.js";
import { clock, span } from "../time.js";

const END = (each, timeline) => each.to ?? timeline.to;

/** The lanes of a timeline, empty ones left out except those that everybody looks for. */
export function lanesOf(timeline) {
  return [
    bars("shifts", timeline, (each) => `${word("shift", each.kind)} ${each.officer_name ?? ""}`),
    bars("activities", timeline, (each) => `${word("activity", each.kind)} ${each.officer_name ?? ""}`),
    bars("exemptions", timeline, (each) => word("exemption", each.reason ?? each.kind)),
    bars("wearers", timeline, (each) => each.officer_name ?? each.officer_id ?? t("map.trackUncertain")),
    { ...bars("recording", timeline, () => word("state", "recording")), isKept: true },
    { ...bars("connection", timeline, (each) => word("connection", each.state), (each) => each.state), isKept: true },
    { ...bars("sim", timeline, (each) => [word("sim", each.state), each.iccid].filter(Boolean).join(" "),
      (each) => each.state), isKept: true },
    curve("battery", timeline.battery, [0, 100], "%", (row) => (row[2] ? `，${t("card.charging")}` : "")),
    curve("signal", timeline.signal, [-130, -60], " dBm", () => ""),
    bars("backlog", timeline, () => t("lane.backlogText")),
    ticks("boots", (timeline.boots ?? []).map((each) => ({ at: each.from, text: t("lane.boot", { boot: each.boot }) }))),
    bars("docked", timeline, () => word("state", "docked")),
    imports(timeline),
    ticks("events", (timeline.events ?? []).map((each) => ({ at: each.at, code: each.type,
      text: word("event", each.type) }))),
  ].filter((lane) => lane.isKept || lane.items.length > 0);
}

/** What all lanes say at a moment (ms), as sentences; lanes that say nothing then are left out. */
export function saysAt(lanes, at) {
  return lanes.flatMap((lane) => {
    if (lane.kind === "curve") {
      const before = lane.items.filter((point) => point.at <= at).at(-1);
      return before && before.value !== null ? [`${lane.name} ${before.value}${lane.unit}${before.more}`] : [];
    }
    if (lane.kind !== "bars") return [];
    return lane.items.filter((bar) => bar.from <= at && at <= bar.to).map((bar) => `${lane.name} ${bar.text}`);
  });
}

function bars(id, timeline, text, code = () => id) {
  const items = (timeline[id] ?? []).map((each) => {
    const said = text(each).trim();
    const to = END(each, timeline);
    return { from: ms(each.from), to: ms(to), code: code(each), text: said,
      tone: toneClass(...(id === "recording" ? ["state", id] : [id, code(each)])), title: `${said} ${span(each.from, to)}` };
  });
  return { id, kind: "bars", name: t(`lane.${id}`), items };
}

function imports(timeline) {
  const items = (timeline.imports ?? []).flatMap((each) => {
    const text = t("lane.import", { at: clock(each.imported_at) });
    return [{ from: ms(each.from), to: ms(each.to), code: "imports", text, tone: "",
      title: `${text} ${span(each.from, each.to)}` }];
  });
  return { id: "imports", kind: "bars", name: t("lane.imports"), items };
}

function curve(id, rows, range, unit, more) {
  const items = (rows ?? []).map((row) => ({ at: ms(row[0]), value: row[1] ?? null, more: more(row) }));
  return { id, kind: "curve", name: t(`lane.${id}`), items, range, unit };
}

function ticks(id, found) {
  return { id, kind: "ticks", name: t(`lane.${id}`), items: found.map((each) => ({ ...each, at: ms(each.at),
    title: `${clock(each.at)} ${each.text}` })) };
}

function ms(time) {
  return new Date(time).getTime();
}
