// @ts-check
// A timeline by hand: drag in free time to book, one's own block to move it, its ends to change how long it takes; by
// mouse, pen, finger or keyboard. Meanwhile the server tries it and says what it would refuse. What others do appears by
// itself. The floor and the week of a machine are such timelines; lanes.js says what their lanes are.

import { hush, reasonOf, sayMoved, sayNobody, sayRefused, words } from "./answer.js";
import { lastOnly, move, offered, tryBooking, tryMove } from "./attempts.js";
import { now } from "./clock.js";
import { Ghost } from "./ghost.js";
import {
  codeOf, dataOf, laneAt, laneOf, lanesOf, momentAtX, opensAt, reaches, samePlace, scaleOf, slotOf, stepOf,
} from "./lanes.js";
import { endOf, startOf } from "./scale.js";
import { same, snapped, startingAt, swept, withEnd, withStart } from "./slots.js";

/** @typedef {import("./slots.js").Slot} Slot */
/** @typedef {{ id: number | null, was: Slot, slot: Slot }} Kind A reservation's id, and where it was; or null to book. */
/**
 * @typedef {object} Verdict What the server said, as attempts.js gives it.
 * @property {boolean} [allowed]
 * @property {boolean} [lost]
 * @property {{ state: string }} [made]
 * @property {any[]} refusals
 */
/**
 * @typedef {object} Drag What is being dragged.
 * @property {number | null} id
 * @property {Slot} was
 * @property {Slot} slot
 * @property {boolean} byKey
 * @property {Ghost} ghost
 * @property {Verdict | null} verdict null until the server has answered
 * @property {boolean} [asked]
 * @property {boolean} [wanted] let go before the server had answered
 */
/**
 * @typedef {object} Page What the page does with a slot that somebody chose to book.
 * @property {(slot: Slot) => Promise<void> | void} book
 * @property {(slot: Slot) => void} [refused] before it is said that it cannot be had
 */

const MINUTE = 60_000;
const EDGE = 6; // pixels at the end of a block that change its length
const STIRS = 4; // pixels before a press is a drag
const RESTS = 400; // milliseconds a finger stays where it is before it drags
const SLIPS = 10; // pixels it may stir meanwhile
const LOOKS_AGAIN = 20_000;
const BOOKS_AT_FIRST = 60 * MINUTE;
/** Steps across, lanes down. @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** @type {HTMLElement} */
let place;
/** @type {Page} */
let page;
/** @type {Drag | null} */
let drag = null;
const trial = lastOnly(150);
let address = ""; // where what is to be shown is drawn
let turns = 0; // how often that was asked for

/**
 * Takes over the timeline of a page, of which there is one: the element of that id, drawn anew from its `data-address`.
 *
 * @param {string} id
 * @param {Page} does
 */
export function takeOver(id, does) {
  const found = () => /** @type {HTMLElement} */ (document.getElementById(id));
  place = found();
  address = place.dataset.address ?? "";
  page = does;
  document.addEventListener("pointerdown", pressed);
  document.addEventListener("keydown", keyed);
  document.addEventListener("focusout", () => { if (drag?.byKey && !drag.wanted) leave(); });
  // The browser's own dragging, of the link in a block, would take the pointer away.
  document.addEventListener("dragstart", (event) => {
    if (/** @type {Element} */ (event.target).closest?.(".lane")) event.preventDefault();
  });
  document.addEventListener("htmx:beforeSwap", (event) => { if (event.target === place) leave(); });
  document.addEventListener("htmx:afterSettle", () => {
    if (place.isConnected) return;
    turns += 1;
    place = found();
    address = place.dataset.address ?? "";
  });
  document.addEventListener("visibilitychange", () => { if (!document.hidden && !drag) look(); });
  setInterval(() => { if (!document.hidden && !drag) look(); }, LOOKS_AGAIN);
}

// What is dragged

/** @param {Kind} kind */
function begin(kind, byKey = false) {
  hush();
  drag = { ...kind, byKey, ghost: new Ghost(place, byKey), verdict: null };
}

/** @param {Slot} slot */
function goesTo(slot) {
  if (!drag || (drag.asked && same(drag.slot, slot))) return;
  Object.assign(drag, { slot, verdict: null, asked: true });
  drag.ghost.draw(slot);
  drag.ghost.say("tried", words.trying ?? "");
  const { id } = drag;
  const { organisation = "" } = place.dataset;
  trial.ask((/** @type {AbortSignal} */ signal) => (id ? tryMove(id, slot, signal) : tryBooking(organisation, slot, signal)), evaluated);
}

/** @param {Verdict} verdict */
function evaluated(verdict) {
  if (!drag) return;
  drag.verdict = verdict;
  const done = drag.byKey ? words.enter : drag.id ? words.move : words.book;
  // What was approved once is asked for anew where it stands then.
  const allowed = verdict.made?.state === "requested" ? `${words.approval} ${done}` : done;
  drag.ghost.say(verdict.allowed ? "allowed" : "refused", verdict.allowed ? allowed : reasonOf(verdict));
  if (drag.wanted) finish();
}

function leave() {
  trial.stop();
  drag?.ghost.remove();
  drag = null;
}

// Doing it

function finish() {
  if (!drag) return;
  if (!drag.verdict) {
    drag.wanted = true; // done as soon as the server has answered
    return;
  }
  const { id, was, slot, verdict } = drag;
  leave();
  if (verdict.allowed) {
    doIt(id, was, slot);
    return;
  }
  if (!id) page.refused?.(slot);
  sayRefused(verdict, offered(verdict), (/** @type {Slot} */ other) => doIt(id, was, other));
}

/**
 * @param {number | null} id
 * @param {Slot} was
 * @param {Slot} slot
 */
async function doIt(id, was, slot) {
  if (!id) {
    await page.book(slot);
    look();
    return;
  }
  const said = /** @type {Verdict} */ (await move(id, slot));
  if (!said.allowed) {
    if (said.lost) look();
    sayRefused(said, offered(said), (/** @type {Slot} */ other) => doIt(id, was, other));
    return;
  }
  await look();
  sayMoved(slot, said.made?.state, () => doIt(id, slot, was));
  /** @type {SVGElement | null} */ (place.querySelector(`[data-reservation="${id}"]`))?.focus({ preventScroll: true });
}

// By mouse or pen at once; a finger scrolls, and drags once it has rested

/** @param {PointerEvent} event */
function pressed(event) {
  if (event.button !== 0 || drag) return;
  const target = /** @type {Element} */ (event.target);
  const lane = target.closest(".lane");
  if (!lane || !place.contains(lane)) return;
  const own = target.closest("[data-reservation]");
  if (!own && target.closest("a, .said")) return; // another's, or an outage, which says so
  const taken = own ? takenBy(own, lane, event) : sweptFrom(lane, event);
  if (taken) follow(event, taken, !own);
}

/** @typedef {{ kind: Kind, to: (moved: PointerEvent) => Slot }} Taken What was pressed, and the slot it is at a pointer. */

/**
 * @param {PointerEvent} event
 * @param {Taken} taken
 * @param {boolean} books
 */
function follow(event, taken, books) {
  const finger = event.pointerType === "touch";
  const gone = (/** @type {PointerEvent} */ moved) => Math.hypot(moved.clientX - event.clientX, moved.clientY - event.clientY);
  const mayBegin = () => {
    if (!books || place.dataset.organisation) return true;
    stop();
    sayNobody();
    return false;
  };
  const rested = finger ? setTimeout(() => {
    if (!mayBegin()) return;
    navigator.vibrate?.(10);
    begin(taken.kind);
    goesTo(taken.kind.slot);
  }, RESTS) : 0;
  const stirs = (/** @type {PointerEvent} */ moved) => {
    if (finger && !drag) {
      if (gone(moved) > SLIPS) stop(); // it scrolls
      return;
    }
    if (!drag) {
      if (gone(moved) < STIRS || !mayBegin()) return;
      begin(taken.kind);
    }
    moved.preventDefault();
    goesTo(taken.to(moved));
  };
  const lets = (/** @type {PointerEvent} */ up) => {
    stop();
    if (up.type === "pointercancel") leave();
    else finish();
  };
  const leaves = (/** @type {KeyboardEvent} */ key) => {
    if (key.key !== "Escape") return;
    stop();
    leave();
    document.addEventListener("pointerup", swallowClick, { once: true });
  };
  const holds = (/** @type {Event} */ touch) => { if (drag) touch.preventDefault(); };
  /** @type {Record<string, (event: any) => void>} */
  const heard = { pointermove: stirs, pointerup: lets, pointercancel: lets, keydown: leaves };
  // Else the page would scroll away beneath the finger.
  if (finger) Object.assign(heard, { touchmove: holds, contextmenu: holds });
  const stop = () => {
    clearTimeout(rested);
    for (const [name, hears] of Object.entries(heard)) document.removeEventListener(name, hears);
    if (drag) swallowClick();
  };
  for (const [name, hears] of Object.entries(heard)) document.addEventListener(name, hears, { passive: false });
  if (books && !finger) event.preventDefault(); // no text is selected
}

// The release of a drag is no click on the link beneath it.
function swallowClick() {
  const swallow = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  setTimeout(() => document.removeEventListener("click", swallow, { capture: true }), 0);
}

/**
 * An own block, or one of its ends; null where the end that could be moved lies outside the lane.
 *
 * @param {Element} own
 * @param {Element} lane
 * @param {PointerEvent} event
 * @returns {Taken | null}
 */
function takenBy(own, lane, event) {
  const was = slotOf(own);
  const said = dataOf(own);
  const { left, right, width } = /** @type {Element} */ (own.querySelector("rect")).getBoundingClientRect();
  const edge = Math.min(EDGE, width / 4);
  const grabbed = momentAtX(lane, event.clientX);
  const keepsItsStart = "keepsItsStart" in said;
  if (keepsItsStart && "cutEnd" in said) return null;
  const atEnd = keepsItsStart || (event.clientX > right - edge && !("cutEnd" in said));
  const atStart = event.clientX < left + edge && !("cutStart" in said);
  let over = lane;
  const to = (/** @type {PointerEvent} */ moved) => {
    const under = laneAt(moved.clientX, moved.clientY);
    if (under && place.contains(under) && (reaches(lane, under) || !(atEnd || atStart))) over = under;
    const by = momentAtX(over, moved.clientX) - grabbed;
    if (atEnd) return withEnd(was, was.end + by, stepOf(lane));
    if (atStart) return withStart(was, was.start + by, stepOf(lane));
    return startingAt({ ...was, code: codeOf(over) }, was.start + by, stepOf(over));
  };
  return { kind: { id: Number(said.reservation), was, slot: was }, to };
}

/**
 * @param {Element} lane
 * @param {PointerEvent} event
 * @returns {Taken}
 */
function sweptFrom(lane, event) {
  const step = stepOf(lane);
  const pressedAt = momentAtX(lane, event.clientX);
  const first = Math.floor(pressedAt / step) * step;
  const slot = { code: codeOf(lane), start: first, end: first + step };
  let over = lane;
  const to = (/** @type {PointerEvent} */ moved) => {
    const under = laneAt(moved.clientX, moved.clientY);
    if (under && place.contains(under) && reaches(lane, under)) over = under;
    return swept(slot.code, pressedAt, momentAtX(over, moved.clientX), step);
  };
  return { kind: { id: null, was: slot, slot }, to };
}

// By keyboard: Shift and the arrows on the label of a lane or on an own block

/** @param {KeyboardEvent} event */
function keyed(event) {
  if (drag?.byKey && event.key === "Escape") {
    event.preventDefault();
    leave();
  } else if (drag?.byKey && event.key === "Enter") {
    event.preventDefault();
    finish();
  } else if (event.shiftKey && event.key in ARROWS && (!drag || drag.byKey)) {
    const on = /** @type {Element} */ (event.target).closest("[data-reservation], [data-lane-head]");
    if (!on || !place.contains(on)) return;
    event.preventDefault();
    stepBy(on, ARROWS[event.key], event.ctrlKey || event.metaKey || "keepsItsStart" in dataOf(on));
  }
}

/**
 * @param {Element} on
 * @param {[number, number]} arrow
 * @param {boolean} lengthens
 */
function stepBy(on, arrow, lengthens) {
  if (!drag) {
    const kind = on.matches("[data-lane-head]") ? firstSlot(on) : ownSlot(on);
    if (!kind) return;
    begin(kind, true);
    if (!kind.id) {
      goesTo(kind.slot); // the first press shows where it begins
      return;
    }
  }
  const { slot, ghost } = /** @type {Drag} */ (drag);
  const next = lengthens ? lengthened(slot, arrow) : moved(slot, arrow);
  if (next.end <= next.start) return;
  goesTo(next);
  ghost.pieces[0].scrollIntoView({ block: "nearest" });
}

/**
 * @param {Element} lane
 * @param {number} down
 */
function neighbour(lane, down) {
  const lanes = lanesOf(place);
  return lanes[lanes.indexOf(lane) + down] ?? lane;
}

/**
 * @param {Slot} slot
 * @param {[number, number]} arrow
 * @returns {Slot}
 */
function moved(slot, [across, down]) {
  const lane = laneOf(place, slot.code, slot.start);
  const next = neighbour(lane, down);
  const start = samePlace(slot.start, lane, next) + across * stepOf(lane);
  return startingAt({ ...slot, code: codeOf(next) }, start, stepOf(lane));
}

/**
 * @param {Slot} slot
 * @param {[number, number]} arrow
 * @returns {Slot}
 */
function lengthened(slot, [across, down]) {
  const lane = laneOf(place, slot.code, slot.end - 1);
  const next = neighbour(lane, down);
  const end = reaches(lane, next) ? samePlace(slot.end, lane, next) : slot.end;
  return { ...slot, end: snapped(end + across * stepOf(lane), stepOf(lane)) };
}

/** @param {Element} own @returns {Kind} */
function ownSlot(own) {
  const was = slotOf(own);
  return { id: Number(dataOf(own).reservation), was, slot: was };
}

/** @param {Element} head @returns {Kind | null} */
function firstSlot(head) {
  if (!place.dataset.organisation) {
    sayNobody();
    return null;
  }
  const lane = /** @type {Element} */ (head.closest("[data-lane-row]")?.querySelector(".lane"));
  const scale = scaleOf(lane);
  const step = stepOf(lane);
  const soonest = Math.max(startOf(scale), Math.min(now(), endOf(scale) - BOOKS_AT_FIRST), opensAt(lane, now()));
  const start = Math.ceil(soonest / step) * step;
  const slot = { code: codeOf(lane), start, end: start + Math.max(step, snapped(BOOKS_AT_FIRST, step)) };
  return { id: null, was: slot, slot };
}

// What others do, and what is asked for meanwhile

/**
 * Draws the timeline as it is at another address from now on.
 *
 * @param {string} elsewhere
 */
export function show(elsewhere) {
  address = elsewhere;
  return look();
}

async function look() {
  const stale = /** @type {HTMLElement} */ (document.getElementById("stale"));
  turns += 1;
  const turn = turns;
  try {
    const answer = await fetch(address, { headers: { "HX-Request": "true" }, cache: "no-cache" });
    if (!answer.ok || answer.redirected) throw new Error(`${answer.status}`);
    const text = await answer.text();
    stale.hidden = true;
    // Somebody may have gone on meanwhile, to another week or another search.
    if (!drag && turn === turns) put(text);
  } catch {
    stale.hidden = false;
  }
}

/** @param {string} text */
function put(text) {
  const drawn = new DOMParser().parseFromString(text, "text/html").getElementById(place.id);
  if (!drawn || drawn.outerHTML === place.outerHTML) return;
  const focused = place.contains(document.activeElement) ? document.activeElement?.id : "";
  place.replaceWith(document.adoptNode(drawn));
  place = drawn;
  address = drawn.dataset.address ?? "";
  /** @type {any} */ (window).htmx?.process(drawn);
  if (focused) document.getElementById(focused)?.focus({ preventScroll: true });
}
