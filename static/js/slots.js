// @ts-check
// What a drag makes of a slot, by hand or by key. Moments in milliseconds, the end not included; `step` is what they are
// rounded to. No document and no clock in here.

/** @typedef {{ code: string, start: number, end: number }} Slot A machine's code, and from when to when. */

const MINUTE = 60_000;
const STEPS = [5, 10, 15, 30, 60].map((minutes) => minutes * MINUTE);
const STEPS_IN_SIGHT = 400; // finer than this nobody can aim

/**
 * A step of the machine's grid that can be aimed at in a lane that lasts so long.
 *
 * @param {number} gridMinutes
 * @param {number} length
 */
export function stepFor(gridMinutes, length) {
  const grid = gridMinutes * MINUTE;
  return STEPS.find((step) => step >= grid && step % grid === 0 && step >= length / STEPS_IN_SIGHT) ?? grid;
}

/**
 * @param {number} moment
 * @param {number} step
 */
export const snapped = (moment, step) => Math.round(moment / step) * step;

/**
 * As long as it was, from `start` on, on any machine.
 *
 * @param {Slot} slot
 * @param {number} start
 * @param {number} step
 * @returns {Slot}
 */
export function startingAt({ code, start: was, end }, start, step) {
  const by = snapped(start, step) - was;
  return { code, start: was + by, end: end + by };
}

/**
 * With another start; a step at least is left.
 *
 * @param {Slot} slot
 * @param {number} start
 * @param {number} step
 * @returns {Slot}
 */
export const withStart = (slot, start, step) => ({ ...slot, start: Math.min(slot.end - step, snapped(start, step)) });

/**
 * With another end; a step at least is left.
 *
 * @param {Slot} slot
 * @param {number} end
 * @param {number} step
 * @returns {Slot}
 */
export const withEnd = (slot, end, step) => ({ ...slot, end: Math.max(slot.start + step, snapped(end, step)) });

/**
 * What is swept over from the step pressed on to where the pointer is, in either direction.
 *
 * @param {string} code
 * @param {number} pressed
 * @param {number} now
 * @param {number} step
 * @returns {Slot}
 */
export function swept(code, pressed, now, step) {
  const first = Math.floor(pressed / step) * step;
  const last = snapped(now, step);
  return last > first ? { code, start: first, end: last } : { code, start: last, end: first + step };
}

/**
 * @param {Slot} one
 * @param {Slot} other
 */
export const same = (one, other) => one.code === other.code && one.start === other.start && one.end === other.end;
