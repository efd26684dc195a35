// The week of one machine as a calendar: selecting in it fills in the form, one's own can be dragged to another time or
// length, tried by the server meanwhile. The list below it says the same, and is all there is on a narrow screen or
// without scripts.

import { keepInView, reasonOf, sayMoved, sayRefused, words as said } from "./answer.js";
import { now, today, wallClock } from "./clock.js";
import { daysAfter, written } from "./days.js";
import { lastOnly, move, offered, told, tryBooking, tryMove } from "./attempts.js";

const place = document.getElementById("calendar");
const form = document.querySelector("#book form");
const wide = window.matchMedia("(width >= 760px)");

// The feed's times are Amsterdam's wall clock with an offset; EventCalendar shows the digits as they stand.
const digits = (iso) => iso.slice(0, 19);

function closedBetween(open, from, until) {
  const closed = [];
  let last = `${from}T00:00:00`;
  for (const [start, end] of open) {
    if (digits(start) > last) closed.push([last, digits(start)]);
    if (digits(end) > last) last = digits(end);
  }
  if (last < `${until}T00:00:00`) closed.push([last, `${until}T00:00:00`]);
  return closed;
}

function around(own, start, end, title) {
  if (start === end) return [];
  return [{ start: digits(start), end: digits(end), title, classNames: ["around", ...own.mark.split(" ")] }];
}

function nowLine() {
  const start = wallClock(now());
  const end = new Date(Date.parse(`${start}Z`) + 60_000).toISOString().slice(0, 19);
  return { start, end, display: "background", classNames: ["now-line"] };
}

function eventsOf(week, from, until) {
  const words = place.dataset;
  return [
    nowLine(),
    ...closedBetween(week.open, from, until).map(([start, end]) => ({
      start, end, display: "background", classNames: ["closed"],
    })),
    ...week.out.map(([start, end]) => ({
      start: digits(start), end: digits(end), title: words.out, classNames: ["out"],
    })),
    ...week.occupied.map(([start, end]) => ({
      start: digits(start), end: digits(end), title: words.occupied, classNames: ["others"],
    })),
    ...week.own.flatMap((own) => [
      ...around(own, own.occupied[0], own.start, words.setUp),
      {
        id: String(own.id),
        start: digits(own.start),
        end: digits(own.end),
        title: own.title || own.reference,
        classNames: own.keeps_its_start ? [...own.mark.split(" "), "keeps-its-start"] : own.mark.split(" "),
        startEditable: own.changeable && !own.keeps_its_start,
        durationEditable: own.changeable,
        extendedProps: { url: own.url },
      },
      ...around(own, own.end, own.occupied[1], words.cleanUp),
    ]),
  ];
}

async function readWeek() {
  const from = place.dataset.monday;
  const until = daysAfter(from, 7);
  const answer = await fetch(`${place.dataset.feed}?from=${from}&until=${until}`, {
    headers: { Accept: "application/json" },
  });
  if (!answer.ok) throw new Error(`${answer.status}`);
  return eventsOf(await answer.json(), from, until);
}

function fillIn(start, end) {
  if (!form) return;
  const [date, from] = start.split("T");
  const [endDate, until] = end.split("T");
  const midnight = until.startsWith("00:00") && endDate === daysAfter(date, 1);
  form.elements.day.value = written(date);
  form.elements.start.value = from.slice(0, 5);
  form.elements.end.value = midnight ? "24:00" : until.slice(0, 5);
  // Only where the machine may run past midnight does the form ask for another day.
  if (form.elements.end_day) form.elements.end_day.value = midnight || endDate === date ? "" : written(endDate);
  form.elements.purpose.focus();
}

function textOf(moment) {
  const time = new Date(moment);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
}

// The moment at which Amsterdam's clock shows these digits; where it shows them twice, the second time.
function momentOf(shown) {
  const wall = Date.parse(`${shown}Z`);
  const offset = (moment) => Date.parse(`${wallClock(moment)}Z`) - moment;
  return wall - offset(wall - offset(wall));
}

function slotOf({ start, end }) {
  return { code: place.dataset.code, start: momentOf(textOf(start)), end: momentOf(textOf(end)) };
}

// What is dragged is tried, and the answer stands beside the pointer before one lets go.
const trial = lastOnly(150);
const hint = document.createElement("p");
hint.className = "drag-hint";
hint.hidden = true;
document.body.append(hint);
let tried = "";

function tryAt(slot, pointer, attempt, yes) {
  if (pointer) {
    hint.style.insetInlineStart = `${pointer.clientX + 16}px`;
    hint.style.insetBlockStart = `${pointer.clientY + 16}px`;
    keepInView(hint);
  }
  const key = told(slot);
  if (key === tried) return;
  tried = key;
  hint.hidden = false;
  hint.className = "drag-hint";
  hint.textContent = `${key}. ${said.trying}`;
  keepInView(hint);
  trial.ask(attempt, (verdict) => {
    hint.classList.add(verdict.allowed ? "drag-hint-allowed" : "drag-hint-refused");
    hint.textContent = `${key}. ${verdict.allowed ? yes : reasonOf(verdict)}`;
    keepInView(hint);
  });
}

function endTrial() {
  trial.stop();
  tried = "";
  hint.hidden = true;
}

// Always true: the server's word is awaited, the block may be shown anywhere meanwhile.
function tryDrag({ event, jsEvent }) {
  const slot = slotOf(event);
  tryAt(slot, jsEvent, (signal) => tryMove(event.id, slot, signal), said.move);
  return true;
}

function trySelection({ start, end, jsEvent }) {
  const slot = slotOf({ start, end });
  tryAt(slot, jsEvent, (signal) => tryBooking(place.dataset.organisation, slot, signal), said.book);
  return true;
}

async function dropped({ event, oldEvent, revert }) {
  endTrial();
  const verdict = await moveTo(event.id, slotOf(event), slotOf(oldEvent));
  if (!verdict.allowed) revert();
}

async function moveTo(id, slot, was) {
  const verdict = await move(id, slot);
  if (verdict.allowed) {
    await readAgain();
    sayMoved(slot, verdict.made.state, () => moveTo(id, was, slot));
  } else {
    sayRefused(verdict, offered(verdict), (other) => moveTo(id, other, was));
    if (verdict.lost) readAgain();
  }
  return verdict;
}

// The calendar, and the list below it.
async function readAgain() {
  calendar?.refetchEvents();
  const answer = await fetch(location.href, { cache: "no-cache" }).catch(() => null);
  if (!answer?.ok || answer.redirected) return;
  const days = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("days");
  if (days) document.getElementById("days").replaceWith(document.adoptNode(days));
}

// When the whole of it is, not the part that a day's column shows; across midnight with the days.
function spanOf({ start, end }) {
  const [first, last] = [textOf(start), textOf(end)];
  if (first.slice(0, 10) === last.slice(0, 10)) return `${first.slice(11, 16)}–${last.slice(11, 16)}`;
  const weekday = (time) => new Date(time).toLocaleDateString(document.documentElement.lang, { weekday: "short" });
  return `${weekday(start)}\u00a0${first.slice(11, 16)} – ${weekday(end)}\u00a0${last.slice(11, 16)}`;
}

// One's own is a real link, so that it opens in a new tab and is found by the keyboard.
function contentOf({ event }) {
  if (event.display === "background") return { domNodes: [] };
  const time = document.createElement("div");
  time.className = "ec-event-time";
  time.textContent = spanOf(event);
  const title = document.createElement(event.extendedProps.url ? "a" : "div");
  title.className = "ec-event-title";
  title.textContent = event.title;
  if (event.extendedProps.url) title.href = event.extendedProps.url;
  return { domNodes: [time, title] };
}

// EventCalendar says it is a table, without the cells of one. The list below is what is read aloud.
function dropTableRoles() {
  const roles = ["table", "rowgroup", "row", "rowheader", "columnheader", "cell"];
  for (const part of place.querySelectorAll(roles.map((role) => `[role=${role}]`).join())) {
    part.removeAttribute("role");
    part.removeAttribute("aria-colindex");
    part.removeAttribute("aria-rowindex");
  }
}

function sayItFailed() {
  const note = document.createElement("p");
  note.className = "note note-error calendar-failed";
  note.setAttribute("role", "alert");
  note.textContent = place.dataset.failed;
  place.prepend(note);
  return [];
}

function draw() {
  const { monday, first, last, step, label } = place.dataset;
  place.replaceChildren(); // what kept its room
  place.setAttribute("role", "group");
  // The browser's own dragging, of the link in a block, would take the pointer away.
  place.addEventListener("dragstart", (event) => event.preventDefault());
  place.setAttribute("aria-label", label);
  const calendar = window.EventCalendar.create(place, {
    view: "timeGridWeek",
    date: monday,
    firstDay: 1,
    locale: document.documentElement.lang,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    // The library's own line and day follow the laptop's zone and clock.
    nowIndicator: false,
    highlightedDates: [today()],
    slotMinTime: first,
    slotMaxTime: last,
    slotHeight: 24,
    slotLabelFormat: (time) => textOf(time).slice(11, 16),
    dayHeaderFormat: { weekday: "short", day: "numeric" },
    snapDuration: { minutes: Number(step) },
    height: "auto",
    // But for what says otherwise. The library looks at these two before it looks at `editable`.
    eventStartEditable: false,
    eventDurationEditable: false,
    eventResizableFromStart: true,
    dragConstraint: tryDrag,
    resizeConstraint: tryDrag,
    eventDragStop: endTrial,
    eventResizeStop: endTrial,
    eventDrop: dropped,
    eventResize: dropped,
    selectable: Boolean(form),
    selectConstraint: place.dataset.organisation ? trySelection : undefined,
    unselectAuto: false,
    select: (selection) => {
      endTrial();
      fillIn(selection.startStr, selection.endStr);
    },
    eventContent: contentOf,
    eventAllUpdated: dropTableRoles,
    eventSources: [{ events: () => readWeek().catch(sayItFailed) }],
  });
  dropTableRoles();
  return calendar;
}

let calendar = null;
function fit() {
  if (wide.matches && !calendar) calendar = draw();
  place.classList.toggle("drawn", wide.matches);
}
const LOOKS_AGAIN = 30_000;
setInterval(() => {
  if (!calendar || document.hidden || tried) return;
  calendar.setOption("highlightedDates", [today()]);
  calendar.refetchEvents();
}, LOOKS_AGAIN);

if (place && window.EventCalendar) {
  fit();
  wide.addEventListener("change", fit);
} else if (place) {
  place.hidden = true;
}
