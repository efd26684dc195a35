// The word at the foot of the screen about what was dragged: what came of it, and what could be had instead.

import { told } from "./attempts.js";

const place = document.getElementById("answer");
let timer = 0;

function button(text, press) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "button";
  made.textContent = text;
  made.addEventListener("click", press);
  return made;
}

const GAP = 8; // pixels to the edge of the screen

// Moves what is said beside the pointer onto the screen, and out from under the bar at its foot.
export function keepInView(label) {
  label.style.translate = "none";
  const { left, right, top, bottom } = label.getBoundingClientRect();
  const bar = parseFloat(getComputedStyle(document.documentElement).scrollPaddingBottom) || 0;
  const x = Math.max(GAP - left, Math.min(0, window.innerWidth - GAP - right));
  const y = Math.max(GAP - top, Math.min(0, window.innerHeight - bar - GAP - bottom));
  label.style.translate = `${x}px ${y}px`;
}

export const words = place?.dataset ?? {};

export function hush() {
  clearTimeout(timer);
  place.hidden = true;
  place.replaceChildren();
}

function show(kind, text, buttons) {
  clearTimeout(timer);
  const line = document.createElement("p");
  line.textContent = text;
  place.className = `note ${kind} floor-answer`;
  place.replaceChildren(line, ...buttons, button(words.close, hush));
  place.hidden = false;
}

export function sayMoved(slot, state, undo) {
  const start = state === "requested" ? words.asked : words.moved;
  show("", `${start} ${told(slot)}.`, [button(words.undo, undo)]);
  timer = setTimeout(hush, 20_000);
}

export function reasonOf(verdict) {
  if (verdict.lost) return words.lost;
  if (verdict.unreachable) return words.failed;
  return verdict.signedOut ? words.signedOut : verdict.why;
}

export function sayNobody() {
  show("note-error", words.nobody, []);
}

export function sayRefused(verdict, offers, take) {
  const text = [reasonOf(verdict), verdict.unreachable || verdict.lost || verdict.signedOut ? "" : words.stays];
  if (offers.length) text.push(words.instead);
  show("note-error", text.filter(Boolean).join(" "), offers.map((slot) => button(told(slot), () => take(slot))));
}
