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
