// How many notices are unread, on every page: asked once it stands, and each minute while somebody looks. The answer
// also says what time it is.

import { setClock } from "./clock.js";

const EACH_MINUTE = 60_000;
const counts = document.querySelectorAll("[data-unread]");

function show({ unread, text }) {
  for (const count of counts) {
    count.hidden = !unread;
    count.querySelector("[data-number]").textContent = text;
  }
}

async function ask() {
  if (document.hidden) return;
  const answer = await fetch(counts[0].dataset.unread, { headers: { Accept: "application/json" } }).catch(() => null);
  if (!answer?.ok) return;
  const bell = await answer.json();
  setClock(bell.now);
  show(bell);
}

if (counts.length) {
  ask();
  setInterval(ask, EACH_MINUTE);
}
