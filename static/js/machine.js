// The week of one machine as a calendar; selecting in it fills in the form. The list below it says the same, and
// is all there is on a narrow screen or without scripts.

const place = document.getElementById("calendar");
const form = document.querySelector("#book form");
const wide = window.matchMedia("(width >= 760px)");
const DAY = 24 * 3600 * 1000;

// The feed's times are Amsterdam's wall clock with an offset; EventCalendar shows the digits as they stand.
const digits = (iso) => iso.slice(0, 19);

function dayAfter(day, count) {
  return new Date(Date.parse(`${day}T00:00:00Z`) + count * DAY).toISOString().slice(0, 10);
}

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

function eventsOf(week, from, until) {
  const words = place.dataset;
  return [
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
        id: own.reference,
        start: digits(own.start),
        end: digits(own.end),
        title: own.title || own.reference,
        classNames: own.mark.split(" "),
        extendedProps: { url: own.url },
      },
      ...around(own, own.end, own.occupied[1], words.cleanUp),
    ]),
  ];
}

async function readWeek() {
  const from = place.dataset.monday;
  const until = dayAfter(from, 7);
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
  const midnight = until.startsWith("00:00") && endDate === dayAfter(date, 1);
  form.elements.day.value = date;
  form.elements.start.value = from.slice(0, 5);
  form.elements.end.value = midnight ? "24:00" : until.slice(0, 5);
  // Only where the machine may run past midnight does the form ask for another day.
  if (form.elements.end_day) form.elements.end_day.value = midnight || endDate === date ? "" : endDate;
  form.elements.purpose.focus();
}

function textOf(moment) {
  const time = new Date(moment);
  return new Date(time.getTime() - time.getTimezoneOffset() * 60000).toISOString().slice(0, 19);
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
  place.hidden = false;
  place.setAttribute("role", "group");
  place.setAttribute("aria-label", label);
  const calendar = window.EventCalendar.create(place, {
    view: "timeGridWeek",
    date: monday,
    firstDay: 1,
    locale: document.documentElement.lang,
    headerToolbar: { start: "", center: "", end: "" },
    allDaySlot: false,
    nowIndicator: true,
    slotMinTime: first,
    slotMaxTime: last,
    slotHeight: 22,
    slotLabelFormat: (time) => textOf(time).slice(11, 16),
    dayHeaderFormat: { weekday: "short", day: "numeric" },
    snapDuration: { minutes: Number(step) },
    height: "auto",
    editable: false,
    selectable: Boolean(form),
    unselectAuto: false,
    select: (selection) => fillIn(selection.startStr, selection.endStr),
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
  place.hidden = !wide.matches;
}
if (place && window.EventCalendar) {
  fit();
  wide.addEventListener("change", fit);
}
