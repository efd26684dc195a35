// The calendar beside a field for a day, as the ARIA practices describe a date picker: arrows by day and week, Home and
// End in the week, Page Up and Down by month, with Shift by year; Enter chooses, Escape leaves. Typing needs none of it.

import { today } from "./clock.js";
import { daysAfter, inFull, monday, monthOf, monthsAfter, read, weekday, weekdayOf, weekdayShort, weekNumber, written }
  from "./days.js";

const picker = document.getElementById("day-picker");
const GAP = 4; // pixels between a field and its calendar
let field = null;
let at = ""; // the day that the arrows stand on

function cell(tag, text, attributes) {
  const made = document.createElement(tag);
  made.textContent = text;
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

const tooEarly = (day) => Boolean(field.dataset.min) && day < field.dataset.min;

function dayCell(day, chosen) {
  const made = cell("td", String(Number(day.slice(8))), {
    role: "gridcell", "data-day-of": day, "aria-label": inFull(day), tabindex: day === at ? "0" : "-1",
    "aria-selected": String(day === chosen),
  });
  if (day === today()) made.setAttribute("aria-current", "date");
  if (tooEarly(day)) made.setAttribute("aria-disabled", "true");
  made.classList.toggle("other-month", day.slice(0, 7) !== at.slice(0, 7));
  return made;
}

function draw() {
  picker.querySelector("h2").textContent = monthOf(at);
  const first = monday(`${at.slice(0, 8)}01`);
  const last = monday(daysAfter(monthsAfter(`${at.slice(0, 8)}01`, 1), -1));
  const heads = [0, 1, 2, 3, 4, 5, 6].map((n) => daysAfter(first, n));
  picker.querySelector("thead tr").replaceChildren(
    cell("th", "wk", { scope: "col", abbr: picker.dataset.week }),
    ...heads.map((day) => cell("th", weekdayShort(day), { scope: "col", abbr: weekdayOf(day) })),
  );
  const weeks = [];
  const chosen = read(field.value);
  for (let week = first; week <= last; week = daysAfter(week, 7)) {
    const row = document.createElement("tr");
    const number = weekNumber(week);
    row.append(cell("th", String(number), { scope: "row", "aria-label": `${picker.dataset.week} ${number}` }));
    for (let n = 0; n < 7; n += 1) row.append(dayCell(daysAfter(week, n), chosen));
    weeks.push(row);
  }
  picker.querySelector("tbody").replaceChildren(...weeks);
}

function goTo(day) {
  at = day;
  draw();
  picker.querySelector("td[tabindex='0']").focus();
}

// Below the field, or above it where there is no room; in the hand in the middle of the screen.
function place() {
  picker.removeAttribute("style");
  if (window.innerWidth < 760) return;
  const { left, top, bottom } = field.getBoundingClientRect();
  const { width, height } = picker.getBoundingClientRect();
  const below = bottom + GAP + height <= window.innerHeight;
  Object.assign(picker.style, {
    margin: "0",
    insetInlineStart: `${Math.max(GAP, Math.min(left, window.innerWidth - width - GAP))}px`,
    insetBlockStart: `${Math.max(GAP, below ? bottom + GAP : top - GAP - height)}px`,
  });
}

function open(button) {
  field = button.parentElement.querySelector("[data-day]");
  at = read(field.value) || field.dataset.min || today();
  draw();
  picker.showModal();
  place();
  goTo(at);
}

function choose(day) {
  if (tooEarly(day)) return;
  field.value = written(day);
  picker.close();
  for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
}

const KEYS = {
  ArrowLeft: () => daysAfter(at, -1),
  ArrowRight: () => daysAfter(at, 1),
  ArrowUp: () => daysAfter(at, -7),
  ArrowDown: () => daysAfter(at, 7),
  Home: () => monday(at),
  End: () => daysAfter(at, 6 - weekday(at)),
  PageUp: (shift) => monthsAfter(at, shift ? -12 : -1),
  PageDown: (shift) => monthsAfter(at, shift ? 12 : 1),
};

function keyed(event) {
  if (!event.target.closest("td")) return;
  if (event.key === "Enter" || event.key === " ") choose(at);
  else if (KEYS[event.key]) goTo(KEYS[event.key](event.shiftKey));
  else return;
  event.preventDefault();
}

function pressed(event) {
  const { dataset } = event.target.closest("button, td") ?? {};
  if (event.target === picker || (dataset && "leave" in dataset)) picker.close();
  else if (dataset?.dayOf) choose(dataset.dayOf);
  else if (dataset?.months) {
    at = monthsAfter(at, Number(dataset.months));
    draw();
  } else if (dataset && "today" in dataset) goTo(today());
}

if (picker) {
  picker.addEventListener("keydown", keyed);
  picker.addEventListener("click", pressed);
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-day-open]");
    if (button) open(button);
  });
}
