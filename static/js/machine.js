// @ts-check
// The page of a machine: a lane for each day of its week. What one chooses to book is filled in in the form beside it,
// and what is filled in there is marked in the week.

import { formAddress } from "./attempts.js";
import { wallClock } from "./clock.js";
import { daysAfter, written } from "./days.js";
import { openInDialog } from "./dialog.js";
import { show, takeOver } from "./timeline.js";

/** @typedef {import("./slots.js").Slot} Slot */

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("#book form"));
// What the week reads of it.
const MARKED = ["organisation", "day", "start", "end", "end_day", "start_twice", "end_twice"];

const week = () => /** @type {HTMLElement} */ (document.getElementById("machine-week"));

function mark() {
  if (!form) return;
  const typed = [...new FormData(form)].filter(([name]) => MARKED.includes(name));
  const [address] = (week().dataset.address ?? "").split("?");
  show(`${address}?${new URLSearchParams(typed.map(([name, value]) => [name, String(value)]))}`);
}

form?.addEventListener("change", (event) => {
  if (MARKED.includes(/** @type {HTMLInputElement} */ (event.target).name)) mark();
});

/** @param {string} name @param {string} value */
function fill(name, value) {
  const field = form?.elements.namedItem(name);
  // Only where the machine may run past midnight does the form ask for another day.
  if (field instanceof HTMLInputElement) field.value = value;
}

/**
 * Times of the clock in Amsterdam, as 2027-03-28T14:30.
 *
 * @param {string} start
 * @param {string} end
 */
function fillIn(start, end) {
  const [day, from] = start.split("T");
  const [endDay, until] = end.split("T");
  const midnight = until.startsWith("00:00") && endDay === daysAfter(day, 1);
  fill("day", written(day));
  fill("start", from.slice(0, 5));
  fill("end", midnight ? "24:00" : until.slice(0, 5));
  fill("end_day", midnight || endDay === day ? "" : written(endDay));
  filledIn("purpose");
}

/** @param {string} next the field that is next */
function filledIn(next) {
  mark();
  const field = form?.elements.namedItem(next);
  if (field instanceof HTMLElement) field.focus();
}

/** @param {Slot} slot */
const fillInSlot = ({ start, end }) => fillIn(wallClock(start), wallClock(end));

/** @param {Slot} slot */
function book(slot) {
  const here = week().querySelector(".lane")?.getAttribute("data-code");
  if (form && slot.code === here) fillInSlot(slot);
  else openInDialog(formAddress(slot)); // another machine, that was offered instead
}

// A link that fills in the form of this page need not load it anew, and what was typed stays.
document.addEventListener("click", (event) => {
  const link = /** @type {Element} */ (event.target).closest?.("[data-fill-in]");
  if (!form || !link || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  const [start, end] = (link.getAttribute("data-fill-in") ?? "").split("/");
  if (end) {
    fillIn(start, end);
    return;
  }
  fill("day", written(start));
  filledIn("start");
});

// What is refused is filled in all the same: a facility manager may set the rule aside there.
takeOver("machine-week", { book, refused: fillInSlot });
