// The floor by hand: drag in free time to book, one's own block to move it, its ends to change how long it takes; the
// same with the keyboard. Meanwhile the server tries it and says what it would refuse. What others do appears by itself.

import { hush, keepInView, reasonOf, sayMoved, sayNobody, sayRefused, words } from "./answer.js";
import { formAddress, lastOnly, move, offered, told, tryBooking, tryMove } from "./attempts.js";
import { now } from "./clock.js";
import { openInDialog } from "./dialog.js";

const MINUTE = 60_000;
const STEPS = [5, 10, 15, 30, 60].map((minutes) => minutes * MINUTE);
const STEPS_IN_SIGHT = 400; // finer than this nobody can aim
const EDGE = 6; // pixels at the end of a block that change its length
const STIRS = 4; // pixels before a press is a drag
const RESTS = 400; // milliseconds a finger stays where it is before it drags
const SLIPS = 10; // pixels it may stir meanwhile
const LOOKS_AGAIN = 20_000;
const BOOKS_AT_FIRST = 60 * MINUTE;

let floor = document.getElementById("machines");
let ghost = null; // what is being dragged: { id (of a reservation), was, slot, block, verdict, byKey }
const trial = lastOnly(150);

const windowShown = () => [Date.parse(floor.dataset.start), Date.parse(floor.dataset.end)];
const laneOf = (code) => floor.querySelector(`.lane[data-code="${CSS.escape(code)}"]`);

function stepOf(lane) {
  const [first, last] = windowShown();
  const grid = Number(lane.dataset.grid) * MINUTE;
  return STEPS.find((step) => step >= grid && step % grid === 0 && step >= (last - first) / STEPS_IN_SIGHT) ?? grid;
}

const snapped = (moment, step) => Math.round(moment / step) * step;

function momentAt(lane, x) {
  const [first, last] = windowShown();
  const { left, width } = lane.getBoundingClientRect();
  return first + ((x - left) / width) * (last - first);
}

// Drawing what is dragged

function begin(kind) {
  hush();
  const block = document.createElement("div");
  block.className = "ghost";
  block.append(document.createElement("span"), document.createElement("p"));
  if (kind.byKey) block.lastChild.setAttribute("role", "status");
  ghost = { ...kind, block, verdict: null };
  floor.classList.add("floor-dragged");
}

function draw() {
  const { slot, block } = ghost;
  const [first, last] = windowShown();
  const lane = laneOf(slot.code);
  if (block.parentNode !== lane) lane.append(block);
  const from = Math.max(0, (slot.start - first) / (last - first));
  const until = Math.min(1, (slot.end - first) / (last - first));
  block.style.insetInlineStart = `${from * 100}%`;
  block.style.inlineSize = `${Math.max(0, until - from) * 100}%`;
  block.firstChild.textContent = told(slot);
  keepInView(block.firstChild);
}

function say(state, text) {
  ghost.block.className = `ghost ${state}`;
  ghost.block.lastChild.textContent = text;
  keepInView(ghost.block.lastChild);
}

function goesTo(slot) {
  const { start, end, code } = ghost.slot;
  if (ghost.asked && slot.start === start && slot.end === end && slot.code === code) return;
  Object.assign(ghost, { slot, verdict: null, asked: true });
  draw();
  say("ghost-tried", words.trying);
  const { id } = ghost;
  const { organisation } = floor.dataset;
  trial.ask((signal) => (id ? tryMove(id, slot, signal) : tryBooking(organisation, slot, signal)), evaluated);
}

function evaluated(verdict) {
  if (!ghost) return;
  ghost.verdict = verdict;
  const done = ghost.byKey ? words.enter : ghost.id ? words.move : words.book;
  // What was approved once is asked for anew where it stands then.
  const allowed = verdict.made?.state === "requested" ? `${words.approval} ${done}` : done;
  say(verdict.allowed ? "ghost-allowed" : "ghost-refused", verdict.allowed ? allowed : reasonOf(verdict));
  if (ghost.wanted) finish();
}

function end() {
  trial.stop();
  ghost?.block.remove();
  ghost = null;
  floor.classList.remove("floor-dragged");
}

// Doing it

function finish() {
  if (!ghost.verdict) {
    ghost.wanted = true; // done as soon as the server has answered
    return;
  }
  const { id, was, slot, verdict } = ghost;
  end();
  if (!verdict.allowed) sayRefused(verdict, offered(verdict), (other) => doIt(id, was, other));
  else doIt(id, was, slot);
}

async function doIt(id, was, slot) {
  if (!id) {
    await openInDialog(formAddress(slot));
    look();
    return;
  }
  const said = await move(id, slot);
  if (!said.allowed) {
    if (said.lost) look();
    sayRefused(said, offered(said), (other) => doIt(id, was, other));
    return;
  }
  await look();
  sayMoved(slot, said.made.state, () => doIt(id, slot, was));
  document.getElementById(`reservation-${id}`)?.focus({ preventScroll: true });
}

// By mouse or pen at once; a finger scrolls, and drags once it has rested

function pressed(event) {
  if (event.button !== 0 || ghost) return;
  const lane = event.target.closest(".lane");
  if (!lane) return;
  const own = event.target.closest("[data-reservation]");
  if (!own && event.target.closest("a")) return;
  const drag = own ? dragOf(own, event) : sweepOf(lane, event);
  const [x, y] = [event.clientX, event.clientY];
  const finger = event.pointerType === "touch";
  const rested = finger && setTimeout(() => {
    if (!own && !floor.dataset.organisation) {
      stop();
      sayNobody();
      return;
    }
    navigator.vibrate?.(10);
    begin(drag.kind);
    goesTo(drag.kind.slot);
  }, RESTS);

  const stirs = (moved) => {
    if (finger && !ghost) {
      if (Math.hypot(moved.clientX - x, moved.clientY - y) > SLIPS) stop(); // it scrolls
      return;
    }
    if (!ghost) {
      if (Math.hypot(moved.clientX - x, moved.clientY - y) < STIRS) return;
      if (!own && !floor.dataset.organisation) {
        stop();
        sayNobody();
        return;
      }
      begin(drag.kind);
    }
    moved.preventDefault();
    goesTo(drag.to(moved));
  };
  const lets = (up) => {
    stop();
    if (!ghost) return;
    if (up.type === "pointercancel") end();
    else finish();
  };
  const leaves = (key) => {
    if (key.key !== "Escape") return;
    stop();
    end();
    document.addEventListener("pointerup", swallowClick, { once: true });
  };
  const holds = (touch) => { if (ghost) touch.preventDefault(); };
  const stop = () => {
    clearTimeout(rested);
    document.removeEventListener("touchmove", holds);
    document.removeEventListener("contextmenu", holds);
    document.removeEventListener("pointermove", stirs);
    document.removeEventListener("pointerup", lets);
    document.removeEventListener("pointercancel", lets);
    document.removeEventListener("keydown", leaves);
    if (ghost) swallowClick();
  };
  if (finger) {
    document.addEventListener("touchmove", holds, { passive: false }); // else the page would scroll away beneath it
    document.addEventListener("contextmenu", holds);
  }
  document.addEventListener("pointermove", stirs);
  document.addEventListener("pointerup", lets);
  document.addEventListener("pointercancel", lets);
  document.addEventListener("keydown", leaves);
  if (!own && !finger) event.preventDefault(); // no text is selected
}

// The release of a drag is no click on the link beneath it.
function swallowClick() {
  const swallow = (event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
}

function slotOf(own) {
  const { start, end: until } = own.dataset;
  return { code: own.closest(".lane").dataset.code, start: Date.parse(start), end: Date.parse(until) };
}

function dragOf(own, event) {
  const was = slotOf(own);
  const lane = own.closest(".lane");
  const { left, right, width } = own.querySelector("rect").getBoundingClientRect();
  const edge = Math.min(EDGE, width / 4);
  const grabbed = momentAt(lane, event.clientX);
  const keepsItsStart = "keepsItsStart" in own.dataset;
  const end_ = keepsItsStart || event.clientX > right - edge;
  const start_ = event.clientX < left + edge;
  const to = (moved) => {
    const step = stepOf(lane);
    const by = momentAt(lane, moved.clientX) - grabbed;
    if (end_) return { ...was, end: Math.max(was.start + step, snapped(was.end + by, step)) };
    if (start_) return { ...was, start: Math.min(was.end - step, snapped(was.start + by, step)) };
    const over = document.elementFromPoint(moved.clientX, moved.clientY)?.closest?.(".lane") ?? laneOf(ghost.slot.code);
    const shift = snapped(was.start + by, stepOf(over)) - was.start;
    return { code: over.dataset.code, start: was.start + shift, end: was.end + shift };
  };
  return { kind: { id: Number(own.dataset.reservation), was, slot: was }, to };
}

function sweepOf(lane, event) {
  const step = stepOf(lane);
  const first = Math.floor(momentAt(lane, event.clientX) / step) * step;
  const slot = { code: lane.dataset.code, start: first, end: first + step };
  const to = (moved) => {
    const last = snapped(momentAt(lane, moved.clientX), step);
    return last > first ? { ...slot, end: last } : { ...slot, start: Math.min(last, first), end: first + step };
  };
  return { kind: { id: null, was: null, slot }, to };
}

// By keyboard: Shift and the arrows on a machine's name or on an own block

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

function keyed(event) {
  if (ghost?.byKey && event.key === "Escape") {
    event.preventDefault();
    end();
  } else if (ghost?.byKey && event.key === "Enter") {
    event.preventDefault();
    finish();
  } else if (event.shiftKey && ARROWS[event.key] && (!ghost || ghost.byKey)) {
    const on = event.target.closest("[data-reservation], .machine-name");
    if (!on) return;
    event.preventDefault();
    stepBy(on, ARROWS[event.key], event.ctrlKey || event.metaKey || "keepsItsStart" in on.dataset);
  }
}

function stepBy(on, [across, down], lengthens) {
  if (!ghost) {
    const kind = on.matches(".machine-name") ? firstSlot(on) : { id: Number(on.dataset.reservation), was: slotOf(on) };
    if (!kind) return;
    begin({ slot: kind.was, ...kind, byKey: true });
    if (!kind.id) {
      goesTo(ghost.slot); // the first press shows where it begins
      return;
    }
  }
  const { code, start, end: until } = ghost.slot;
  const lane = laneOf(code);
  const by = across * stepOf(lane);
  const lanes = [...floor.querySelectorAll(".lane")];
  const next = lanes[lanes.indexOf(lane) + (lengthens ? 0 : down)] ?? lane;
  if (lengthens && until + by <= start) return;
  goesTo({ code: next.dataset.code, start: lengthens ? start : start + by, end: until + by });
  ghost.block.scrollIntoView({ block: "nearest" });
}

function firstSlot(name) {
  if (!floor.dataset.organisation) {
    sayNobody();
    return null;
  }
  const lane = name.closest(".machine-row").querySelector(".lane");
  const step = stepOf(lane);
  const [first, last] = windowShown();
  const soonest = Math.max(first, Math.min(now(), last - BOOKS_AT_FIRST), opensAt(lane));
  const start = Math.ceil(soonest / step) * step;
  const slot = { code: lane.dataset.code, start, end: start + Math.max(step, snapped(BOOKS_AT_FIRST, step)) };
  return { id: null, was: null, slot };
}

// When it is open first, from now on, in what is shown.
function opensAt(lane) {
  const [first, last] = windowShown();
  const at = (per) => first + (parseFloat(per) / 100) * (last - first);
  for (const open of lane.querySelectorAll("rect.open")) {
    const from = at(open.getAttribute("x"));
    if (from + at(open.getAttribute("width")) - first > now()) return from;
  }
  return first;
}

// What others do

async function look() {
  const stale = document.getElementById("stale");
  try {
    const answer = await fetch(location.href, { headers: { "HX-Request": "true" }, cache: "no-cache" });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const text = await answer.text();
    stale.hidden = true;
    if (!ghost) put(text);
  } catch {
    stale.hidden = false;
  }
}

function put(text) {
  const drawn = new DOMParser().parseFromString(text, "text/html").getElementById("machines");
  if (!drawn || drawn.outerHTML === floor.outerHTML) return;
  const focused = floor.contains(document.activeElement) ? document.activeElement.id : "";
  floor.replaceWith(document.adoptNode(drawn));
  floor = drawn;
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}

document.addEventListener("pointerdown", pressed);
document.addEventListener("keydown", keyed);
document.addEventListener("focusout", () => { if (ghost?.byKey && !ghost.wanted) end(); });
document.addEventListener("dragstart", (event) => { if (event.target.closest?.(".lane")) event.preventDefault(); });
document.addEventListener("htmx:afterSettle", () => { floor = document.getElementById("machines"); });
document.addEventListener("visibilitychange", () => { if (!document.hidden && !ghost) look(); });
setInterval(() => { if (!document.hidden && !ghost) look(); }, LOOKS_AGAIN);
// For `make bench`: from here on the floor does what it is asked.
performance.mark("floor usable");
