// The shell, alarms: an SOS or an outage is shown above every page, read out, and heard until somebody has taken it.

import { fill, h } from "../dom.js";
import { t } from "../words.js";
import { Incidents } from "../wire/incidents.js";
import { hasRole } from "../wire/session.js";
import { clock } from "../time.js";

const LOUD = new Set(["sos", "outage"]);
const MOST_SHOWN = 2;

/** What calls for somebody at once. */
export class Alarms {
  constructor() {
    this.calling = new Incidents({ query: () => ({ rule: [...LOUD].join(","), status: "open", active: "true", limit: 40 }),
      fits: (incident) => LOUD.has(incident.rule) && incident.status === "open", draw: () => this.#draw() });
    /** @type {AudioContext | null} */
    this.sound = null;
    this.element = h("section", { class: "alarms", role: "alert", "aria-live": "assertive" });
    this.soundButton = h("button", { class: "sound-button", onclick: () => this.#toggle() }, t("alarm.soundOff"));
    this.soundButton.hidden = !hasRole("command_centre", "head", "leader");
    this.isWanted = !this.soundButton.hidden;
    document.addEventListener("pointerdown", () => this.#unlock(), { once: true });
    document.addEventListener("keydown", () => this.#unlock(), { once: true });
    setInterval(() => this.#ring(), 3000);
    if (!this.soundButton.hidden) this.calling.load();
  }

  #draw() {
    const before = this.element.childElementCount;
    // By detection: an SOS out of a backlog is new, however long ago it was.
    const newest = [...this.calling.items].sort((a, b) => b.detected_at.localeCompare(a.detected_at));
    fill(this.element, newest.slice(0, MOST_SHOWN).map((incident) => h("a", {
      class: `alarm alarm-${incident.rule}`, href: `#/incidents/${encodeURIComponent(incident.incident_id)}`,
    }, h("strong", {}, incident.rule_zh), h("span", {}, incident.headline), h("time", {}, clock(incident.starts_at)))),
    newest.length > MOST_SHOWN && h("a", { class: "alarm", href: "#/incidents?rule=sos" },
      t("alarm.more", { n: newest.length - MOST_SHOWN })));
    if (this.element.childElementCount > before) this.#ring();
  }

  #unlock() {
    if (!this.isWanted || this.sound) return;
    this.sound = new AudioContext();
    this.sound.resume();
    this.soundButton.textContent = t("alarm.soundOn");
    this.#ring();
  }

  #toggle() {
    if (this.sound) {
      this.sound.close();
      this.sound = null;
      this.isWanted = false;
      this.soundButton.textContent = t("alarm.soundOff");
    } else {
      this.isWanted = true;
      this.#unlock();
    }
  }

  #ring() {
    if (!this.sound || this.calling.items.length === 0) return;
    const isSos = this.calling.items.some((incident) => incident.rule === "sos");
    const notes = isSos ? [880, 660, 880, 660] : [520, 390];
    const { sound } = this;
    for (const [place, hertz] of notes.entries()) tone(sound, hertz, sound.currentTime + place * 0.22);
  }
}

/**
 * @param {AudioContext} sound
 * @param {number} hertz
 * @param {number} at
 */
function tone(sound, hertz, at) {
  const oscillator = sound.createOscillator();
  const gain = sound.createGain();
  oscillator.frequency.value = hertz;
  gain.gain.setValueAtTime(0.0001, at);
  gain.gain.exponentialRampToValueAtTime(0.3, at + 0.02);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
  oscillator.connect(gain).connect(sound.destination);
  oscillator.start(at);
  oscillator.stop(at + 0.21);
}
