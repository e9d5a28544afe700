// The shell: menu, top bar, the banner that says the picture is stale, and the place where pages appear.

import { fill, h } from "../dom.js";
import { t, word } from "../words.js";
import { get } from "../wire/api.js";
import * as live from "../wire/live.js";
import { account, hasRole, leave } from "../wire/session.js";
import { countDrafts, dropDrafts } from "../wire/drafts.js";
import { confirm } from "../parts/dialog.js";
import { clock, duration, span } from "../time.js";
import { Alarms } from "./alarms.js";
import { menu } from "./navigation.js";

/** @import { Page } from "./navigation.js" */

/** @type {Role[]} */
const LIVE_ROLES = ["command_centre", "leader", "deputy", "head", "verifier", "custodian", "supervision", "political"];

/** @type {Role[]} Whom planned maintenance may affect. */
const MAINTENANCE = [...LIVE_ROLES, "officer", "auxiliary", "engineer"];
const MAINTENANCE_EVERY_MS = 60_000;

/** The frame around every page. */
export class Shell {
  /** @param {Element} root */
  constructor(root) {
    this.banner = h("div", { class: "banner", role: "status", "aria-live": "polite", hidden: true });
    this.maintenance = h("p", { class: "banner-quiet", hidden: true });
    this.title = h("h1", { class: "topbar-title" });
    this.main = h("main", { id: "main", tabindex: "0" });
    this.nav = h("nav", { class: "sidebar", "aria-label": t("app.menu"), id: "menu" }, this.#menu());
    this.clock = h("time", { class: "topbar-clock", "aria-hidden": "true" });
    this.announcer = h("div", { class: "unseen", role: "status", "aria-live": "polite" });
    this.alarms = new Alarms();
    this.frame = h("div", { class: "frame" },
      h("a", { class: "skip", href: "#main", onclick: (event) => this.#skip(event) }, t("app.skip")),
      this.nav,
      h("div", { class: "beside" }, this.#topbar(), this.banner, this.maintenance, this.alarms.element, this.main),
      this.announcer);
    fill(root, this.frame);
    if (hasRole(...LIVE_ROLES)) this.#follow();
    setInterval(() => this.#tick(), 1000);
    this.#tick();
    if (MAINTENANCE.some((role) => hasRole(role))) {
      setInterval(() => this.#showMaintenance(), MAINTENANCE_EVERY_MS);
      this.#showMaintenance();
    }
  }

  /**
   * Makes room for a page.
   * @param {string} name
   * @param {Element} root
   * @param {Page} page
   */
  enter(name, root, page) {
    document.body.classList.toggle("is-wall", name === "wall");
    document.body.classList.remove("menu-open");
    for (const link of this.nav.querySelectorAll("a")) {
      if (link.dataset.page === name) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
    this.title.textContent = t(page.title);
    document.title = `${t(page.title)} · ${t("app.title")}`;
    fill(root, h("p", { class: "loading", role: "status" }, t("app.loading")));
    fill(this.main, root);
    this.main.scrollTo(0, 0);
  }

  /**
   * Tells a screen reader that the page is there.
   * @param {string} title
   */
  arrived(title) {
    this.announcer.textContent = title;
  }

  #menu() {
    const groups = menu().map(([group, pages]) => h("section", {},
      h("h2", {}, t(`group.${group}`)),
      h("ul", {}, pages.map((page) => h("li", {},
        h("a", { href: `#/${page.name}`, data: { page: page.name } }, t(page.title)))))));
    return [h("a", { class: "brand", href: "#/" }, t("app.short")), groups];
  }

  #topbar() {
    const toggle = () => {
      const isOpen = document.body.classList.toggle("menu-open");
      button.setAttribute("aria-expanded", String(isOpen));
    };
    const button = h("button", {
      class: "menu-button", "aria-label": t("app.menu"), "aria-controls": "menu", "aria-expanded": "false",
      onclick: toggle,
    }, "☰");
    const roles = account.roles.map((role) => word("role", role)).join("、");
    return h("header", { class: "topbar" }, button, this.title, this.clock, this.alarms.soundButton,
      h("details", { class: "who" },
        h("summary", {}, account.name),
        h("div", { class: "who-menu" },
          h("p", {}, `${account.unit_name ?? t("app.bureau")} · ${roles}`),
          h("a", { href: "#/password" }, t("page.password")),
          h("button", { class: "button", onclick: () => this.#leave() }, t("do.logout")))));
  }

  /** Whoever signs out leaves nothing behind on this computer, but is asked first. */
  async #leave() {
    const drafts = countDrafts();
    if (drafts > 0 && !await confirm({ title: t("do.logout"), text: t("draft.signOut", { n: drafts }), isDangerous: true,
      submit: t("do.logout"), send: () => true })) return;
    dropDrafts();
    await leave();
  }

  #follow() {
    live.watch({ link: () => this.#tick() });
    live.start().catch(() => { this.banner.hidden = true; });
  }

  /** Says which notices are held back at present, to all whom that affects. */
  async #showMaintenance() {
    const rows = await get("/maintenance", undefined, { isBackground: true }).catch(() => []);
    const running = rows.filter((row) => row.state === "running")
      .map((row) => `${row.recorder_id ?? (row.unit_name || t("map.allUnits"))} ${span(row.starts_at, row.ends_at)}`);
    this.maintenance.hidden = running.length === 0;
    this.maintenance.textContent = t("maintenance.running", { what: running.join("、") });
  }

  #tick() {
    this.clock.textContent = clock(new Date());
    const isStale = live.link.state === "lost";
    document.body.classList.toggle("is-stale", isStale);
    this.banner.hidden = !isStale;
    if (!isStale) return;
    const text = t("app.stale", { at: clock(live.link.since), much: duration((Date.now() - live.link.since) / 1000) });
    if (this.banner.textContent !== text) this.banner.textContent = text;
  }

  /** @param {Event} event */
  #skip(event) {
    event.preventDefault();
    this.main.focus();
  }
}
