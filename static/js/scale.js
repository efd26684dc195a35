// @ts-check
// Where a moment stands on a lane, and which moment is at a place: the knots that bookings/timeline/scale.py made, nights
// narrower and the changes of the clock in them. No document and no clock in here.

/** @typedef {{ moment: number, place: number }} Knot A moment in milliseconds, and its place in per cent of the width. */
/** @typedef {readonly Knot[]} Scale Two knots or more, ever later and ever further; time runs evenly between two. */

/**
 * @param {string} text `[[seconds since 1970, place], …]`
 * @returns {Scale}
 */
export function readScale(text) {
  const knots = /** @type {[number, number][]} */ (JSON.parse(text));
  return knots.map(([seconds, place]) => ({ moment: seconds * 1000, place }));
}

/** @param {Scale} scale */
export const startOf = (scale) => scale[0].moment;

/** @param {Scale} scale The end, which is no longer part of it. */
export const endOf = (scale) => scale[scale.length - 1].moment;

/**
 * The two knots around a value of theirs; beyond the ends the outermost two.
 *
 * @param {Scale} scale
 * @param {"moment" | "place"} by
 * @param {number} value
 */
function around(scale, by, value) {
  const after = scale.findIndex((knot, number) => number > 0 && value < knot[by]);
  const right = after < 0 ? scale.length - 1 : after;
  return [scale[right - 1], scale[right]];
}

/**
 * Less than 0 or more than 100 where the moment lies outside the scale.
 *
 * @param {Scale} scale
 * @param {number} moment
 */
export function placeOf(scale, moment) {
  const [left, right] = around(scale, "moment", moment);
  return left.place + ((moment - left.moment) / (right.moment - left.moment)) * (right.place - left.place);
}

/**
 * The inverse of `placeOf`.
 *
 * @param {Scale} scale
 * @param {number} place
 */
export function momentAt(scale, place) {
  const [left, right] = around(scale, "place", place);
  return left.moment + ((place - left.place) / (right.place - left.place)) * (right.moment - left.moment);
}
