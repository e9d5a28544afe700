// The console's way in: who is signed in, the shell around the pages, and the page that the address names.

import { h, fill } from "./dom.js";
import { t } from "./words.js";
import { Problem } from "./wire/api.js";
import { resume } from "./wire/session.js";
import { dropOldDrafts } from "./wire/drafts.js";
import { Shell } from "./shell/shell.js";
import { pageOf } from "./shell/navigation.js";
import { current } from "./address.js";
import { route } from "./shell/router.js";
import { tellExpiry } from "./shell/expiry.js";
import { signInAgain } from "./parts/sign_in.js";

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
// The page is on its way while the server is still asked who this is.
pageOf(current().name)?.load().catch(() => {});
try {
  const me = await resume(signInAgain);
  dropOldDrafts();
  document.title = t("app.title");
  const shell = new Shell(app);
  if (me.must_change) location.hash = "#/password";
  route(shell);
  tellExpiry();
} catch (problem) {
  if (!(problem instanceof Problem) || problem.status !== 401) {
    fill(app, h("main", { class: "broken", role: "alert" },
      h("h1", {}, problem instanceof Problem ? problem.title : t("problem.own")),
      h("p", {}, problem instanceof Problem ? problem.detail || problem.advice : String(problem)),
      h("button", { class: "button primary", onclick: () => location.reload() }, t("do.retry"))));
  }
}
