// Times and quantities as people in Shanghai read them, whatever clock their own computer is set to.

import { t } from "./words.js";

const ZONE = "Asia/Shanghai";
/** @type {Intl.DateTimeFormatOptions} */
const HOUR12 = { hour12: false, hourCycle: "h23", timeZone: ZONE };
const FULL = new Intl.DateTimeFormat("sv-SE", { ...HOUR12, dateStyle: "short", timeStyle: "medium" });
const SHORT = new Intl.DateTimeFormat("zh-CN", {
  ...HOUR12, month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit",
});
const CLOCK = new Intl.DateTimeFormat("zh-CN", { ...HOUR12, hour: "2-digit", minute: "2-digit", second: "2-digit" });
const MINUTE = new Intl.DateTimeFormat("zh-CN", { ...HOUR12, hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, dateStyle: "short" });

/**
 * 2026-03-02 10:02:30
 * @param {Time} time
 */
export const full = (time) => format(FULL, time);
/**
 * 03/02 10:02
 * @param {Time} time
 */
export const short = (time) => format(SHORT, time);
/**
 * 10:02:30
 * @param {Time} time
 */
export const clock = (time) => format(CLOCK, time);
/**
 * 10:02
 * @param {Time} time
 */
export const minute = (time) => format(MINUTE, time);
/**
 * 2026-03-02, the day in Shanghai
 * @param {Time} [time]
 */
export const day = (time = new Date()) => format(DAY, time);

/**
 * 10:02–10:29 on one day, with the day in front; an open end says so.
 * @param {Time} from
 * @param {Time} to
 */
export function span(from, to) {
  if (!from) return "";
  if (!to) return t("time.since", { at: short(from) });
  return day(from) === day(to) ? `${short(from)}–${minute(to)}` : `${short(from)}–${short(to)}`;
}

/**
 * How long ago, roughly: 32 秒, 5 分钟, 3 小时, 2 天.
 * @param {Time} time
 */
export function ago(time, now = Date.now()) {
  return time ? duration((now - new Date(time).getTime()) / 1000) : t("time.never");
}

/**
 * A duration in seconds, roughly.
 * @param {number} seconds
 */
export function duration(seconds) {
  const s = Math.max(0, Math.round(seconds));
  if (s < 90) return t("time.seconds", { n: s });
  if (s < 5400) return t("time.minutes", { n: Math.round(s / 60) });
  if (s < 172800) return t("time.hours", { n: Math.round(s / 3600) });
  return t("time.days", { n: Math.round(s / 86400) });
}

/**
 * What is left until a deadline, or by how much it is over.
 * @param {string} time
 */
export function left(time, now = Date.now()) {
  const seconds = (new Date(time).getTime() - now) / 1000;
  return seconds < 0 ? t("time.over", { much: duration(-seconds) }) : t("time.left", { much: duration(seconds) });
}

/**
 * A moment before which something is due; midnight belongs to the day that ends: 3月2日24时, 3月2日17:00.
 * @param {string} time
 */
export function deadline(time) {
  const isMidnight = clock(time) === "00:00:00";
  const shown = isMidnight ? new Date(new Date(time).getTime() - 60_000) : time;
  const [, month, ofMonth] = day(shown).split("-").map(Number);
  return t(isMidnight ? "time.deadlineDay" : "time.deadline", { month, day: ofMonth, clock: minute(time) });
}

/**
 * Megabytes as GB.
 * @param {number | null} mb
 */
export function gigabytes(mb) {
  return mb === null ? "–" : `${(mb / 1024).toFixed(1)} GB`;
}

/**
 * What `<input type="datetime-local">` holds, read as Shanghai time, as RFC 3339.
 * @param {string} text
 */
export function fromLocalInput(text) {
  return text ? `${text.length === 16 ? `${text}:00` : text}+08:00` : null;
}

/**
 * @param {Intl.DateTimeFormat} formatter
 * @param {Time} time
 */
function format(formatter, time) {
  if (time === null || time === undefined) return "–";
  const date = new Date(time);
  return Number.isNaN(date.getTime()) ? "–" : formatter.format(date);
}
