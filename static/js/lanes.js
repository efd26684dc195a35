// @ts-check
// The lanes of a timeline as they stand in the document: a machine each, or a day of one machine each.
//
// A lane says whose it is (`data-code`), its grid in minutes (`data-grid`), whether what begins in it may end in another
// (`data-overnight`), and its scale, or the timeline does for all of them (`data-scale`).

import { endOf, momentAt, placeOf, readScale, startOf } from "./scale.js";
import { stepFor } from "./slots.js";

/** @typedef {import("./scale.js").Scale} Scale */
/** @typedef {import("./slots.js").Slot} Slot */

/** @param {Element} element @returns {DOMStringMap} */
export const dataOf = (element) => /** @type {HTMLElement | SVGElement} */ (element).dataset;

/** @param {Element} timeline @returns {Element[]} */
export const lanesOf = (timeline) => [...timeline.querySelectorAll(".lane")];

/** @param {Element} lane */
export const codeOf = (lane) => dataOf(lane).code ?? "";

/** @param {Element} lane @returns {Scale} */
export function scaleOf(lane) {
  const holder = lane.closest("[data-scale]");
  return readScale((holder && dataOf(holder).scale) ?? "[]");
}

/** @param {Element} lane */
export function stepOf(lane) {
  const scale = scaleOf(lane);
  return stepFor(Number(dataOf(lane).grid), endOf(scale) - startOf(scale));
}

/**
 * The moment that is drawn at `x` pixels of the window, beyond the lane's ends as well.
 *
 * @param {Element} lane
 * @param {number} x
 */
export function momentAtX(lane, x) {
  const { left, width } = lane.getBoundingClientRect();
  return momentAt(scaleOf(lane), ((x - left) / width) * 100);
}

/**
 * The lane of the row at that point of the window; null where there is none.
 *
 * @param {number} x
 * @param {number} y
 */
export function laneAt(x, y) {
  const under = document.elementFromPoint(x, y);
  return under?.closest(".lane") ?? under?.closest("[data-lane-row]")?.querySelector(".lane") ?? null;
}

/**
 * Where a lane draws a slot, as [from, until] in per cent; null where nothing of it is there.
 *
 * @param {Element} lane
 * @param {Slot} slot
 */
export function drawnIn(lane, { code, start, end }) {
  const scale = scaleOf(lane);
  if (codeOf(lane) !== code || end <= startOf(scale) || start >= endOf(scale)) return null;
  return [Math.max(0, placeOf(scale, start)), Math.min(100, placeOf(scale, end))];
}

/**
 * The lane in which a moment of a machine is, or the nearest of that machine.
 *
 * @param {Element} timeline
 * @param {string} code
 * @param {number} moment
 */
export function laneOf(timeline, code, moment) {
  const lanes = lanesOf(timeline).filter((lane) => codeOf(lane) === code);
  return lanes.find((lane) => moment < endOf(scaleOf(lane))) ?? lanes[lanes.length - 1];
}

/**
 * The moment at the same place of another lane: the same one on the floor, the same time of the clock on another day.
 *
 * @param {number} moment
 * @param {Element} lane
 * @param {Element} other
 */
export const samePlace = (moment, lane, other) => momentAt(scaleOf(other), placeOf(scaleOf(lane), moment));

/**
 * Whether what begins in `lane` may end in `other`.
 *
 * @param {Element} lane
 * @param {Element} other
 */
export const reaches = (lane, other) => lane === other || ("overnight" in dataOf(lane) && codeOf(lane) === codeOf(other));

/**
 * When it is open first from `now` on; the lane's start where it is not.
 *
 * @param {Element} lane
 * @param {number} now
 */
export function opensAt(lane, now) {
  const scale = scaleOf(lane);
  for (const open of lane.querySelectorAll("rect.open")) {
    const from = parseFloat(open.getAttribute("x") ?? "");
    const until = from + parseFloat(open.getAttribute("width") ?? "");
    if (momentAt(scale, until) > now) return momentAt(scale, from);
  }
  return startOf(scale);
}

/**
 * The whole reservation of which a block is drawn.
 *
 * @param {Element} block
 * @returns {Slot}
 */
export function slotOf(block) {
  const { start = "", end = "" } = dataOf(block);
  const lane = /** @type {Element} */ (block.closest(".lane"));
  return { code: codeOf(lane), start: Date.parse(start), end: Date.parse(end) };
}
