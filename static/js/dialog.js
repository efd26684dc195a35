// A form of its own page, shown in a dialog over the page one is on. Links with data-dialog open so; others import it.

const FIELDS = "input:not([type=hidden]), select, textarea";
let wanted = 0;

async function fetched(url) {
  const answer = await fetch(url, { headers: { "HX-Request": "true" }, cache: "no-store" });
  // Whoever is signed out is sent to the sign-in, which is a page.
  if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
  return new DOMParser().parseFromString(await answer.text(), "text/html").body.childNodes;
}

// Shows the form at `url`; goes there as to any page where that fails. Fulfilled when the dialog is shut again.
export async function openInDialog(url) {
  const turn = ++wanted;
  let content;
  try {
    content = await fetched(url);
  } catch {
    if (turn === wanted) location.assign(url);
    return;
  }
  if (turn !== wanted || document.querySelector("dialog[open]")) return;
  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.append(...content);
  dialog.setAttribute("aria-labelledby", dialog.querySelector("h1, h2")?.id ?? "");
  document.body.append(dialog);
  window.htmx?.process(dialog);
  await shown(dialog);
}

function shown(dialog) {
  const back = document.activeElement;
  // What says that the network failed would lie beneath the dialog, out of reach.
  const wire = document.getElementById("wire");
  if (wire) dialog.append(wire);
  dialog.addEventListener("click", (event) => {
    const leave = event.target.closest("[data-close]");
    if (!leave || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("htmx:afterSettle", () => toWhatIsNext(dialog));
  dialog.showModal();
  dialog.querySelector(FIELDS)?.focus();
  return new Promise((shut) => {
    dialog.addEventListener("close", () => {
      if (wire) document.body.append(wire);
      dialog.remove();
      // The floor draws itself anew meanwhile; what has the same name is the same thing.
      const again = back.isConnected ? back : back.id && document.getElementById(back.id);
      if (again) again.focus({ preventScroll: true });
      shut();
    });
  });
}

// The form was replaced while it was sent: to the first field that is wrong, else to the button that sends it.
function toWhatIsNext(dialog) {
  if (dialog.contains(document.activeElement) && document.activeElement !== dialog) return;
  dialog.querySelector("[aria-invalid=true], .button-main")?.focus();
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-dialog]");
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  openInDialog(link.href);
});
