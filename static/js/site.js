// On every page: the light or dark switch, and forms that must not be sent twice.

const YEAR = 365 * 24 * 3600;
const root = document.documentElement;
const switches = document.querySelectorAll("[data-theme-choice]");

function showChoice() {
  const chosen = root.dataset.theme ?? "";
  for (const button of switches) {
    button.setAttribute("aria-pressed", String(button.dataset.themeChoice === chosen));
  }
}

function choose(theme) {
  if (theme) root.dataset.theme = theme;
  else delete root.dataset.theme;
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `theme=${theme}; path=/; max-age=${theme ? YEAR : 0}; SameSite=Lax${secure}`;
  showChoice();
}

for (const button of switches) {
  button.addEventListener("click", () => choose(button.dataset.themeChoice));
}
document.getElementById("themes")?.removeAttribute("hidden");
showChoice();

// The server keeps a second sending of the same form from booking twice; this only says that it is busy. A
// disabled button would not send its name, so it is marked, and further presses are stopped.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || form.method !== "post") return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "yes";
  event.submitter?.setAttribute("aria-disabled", "true");
});

// The back button shows the page as it was left: make its forms usable again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});

// A form that was open while somebody signed in again sends the token of now, not that of then.
function tokenOfNow() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1];
}

document.addEventListener("submit", (event) => {
  const field = event.target.querySelector?.("input[name=csrfmiddlewaretoken]");
  const token = tokenOfNow();
  if (field && token) field.value = token;
}, true);

// What htmx fetches: a bar while it does, and a word when it fails. Nothing on the page changes then.
const wire = document.getElementById("wire");
let waiting = 0;

function say(what) {
  if (!wire) return;
  for (const text of wire.querySelectorAll("[data-wire]")) text.hidden = text.dataset.wire !== what;
  wire.hidden = !what;
}

function busy(change) {
  waiting = Math.max(0, waiting + change);
  if (waiting) root.dataset.busy = "";
  else delete root.dataset.busy;
}

wire?.querySelector("[data-wire-close]").addEventListener("click", () => say(""));

// Whoever is signed out is sent on to the sign-in, which must not come in place of what was typed.
function wantsSignIn(xhr) {
  return Boolean(xhr.responseURL) && new URL(xhr.responseURL).pathname.startsWith("/account/login/");
}

document.addEventListener("htmx:configRequest", (event) => {
  const token = tokenOfNow();
  if (token && event.detail.verb !== "get") event.detail.parameters.csrfmiddlewaretoken = token;
});
document.addEventListener("htmx:beforeSend", () => busy(1));
document.addEventListener("htmx:afterRequest", (event) => {
  busy(-1);
  if (event.detail.successful && !wantsSignIn(event.detail.xhr)) say("");
  for (const form of document.querySelectorAll("form[data-sent][hx-post]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});
document.addEventListener("htmx:beforeSwap", (event) => {
  if (wantsSignIn(event.detail.xhr)) {
    event.detail.shouldSwap = false;
    say("signed-out");
  }
});
// What was sent may have arrived although its answer did not.
function sayNoAnswer(event) {
  say(event.detail.requestConfig.verb === "get" ? "offline" : "lost");
}

document.addEventListener("htmx:sendError", sayNoAnswer);
document.addEventListener("htmx:timeout", sayNoAnswer);
document.addEventListener("htmx:responseError", (event) => {
  const { status } = event.detail.xhr;
  say(status >= 500 ? "failed" : status === 401 ? "signed-out" : "refused");
});
