// What a drag makes of a slot.

import assert from "node:assert/strict";
import { test } from "node:test";

import { same, snapped, startingAt, stepFor, swept, withEnd, withStart } from "../../../static/js/slots.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const STEP = 30 * MINUTE;
const NINE = Date.parse("2027-03-01T09:00+01:00");
const slot = { code: "FDM-01", start: NINE, end: NINE + 2 * HOUR };

test("a step is of the grid, and not finer than can be aimed at", () => {
  assert.equal(stepFor(15, 16 * HOUR), 15 * MINUTE);
  assert.equal(stepFor(30, 24 * HOUR), STEP);
  assert.equal(stepFor(1, 24 * HOUR), 5 * MINUTE);
  assert.equal(stepFor(15, 7 * 24 * HOUR), 30 * MINUTE);
  assert.equal(stepFor(20, 16 * HOUR), HOUR);
});

test("what is moved stays as long, also onto another machine", () => {
  const moved = startingAt({ ...slot, code: "FDM-02" }, NINE + 4 * HOUR + 7 * MINUTE, STEP);
  assert.deepEqual(moved, { code: "FDM-02", start: NINE + 4 * HOUR, end: NINE + 6 * HOUR });
});

test("what began off the grid is moved onto it", () => {
  const off = { ...slot, start: NINE + 10 * MINUTE, end: NINE + 70 * MINUTE };
  assert.deepEqual(startingAt(off, off.start + HOUR, STEP), { ...slot, start: NINE + HOUR, end: NINE + 2 * HOUR });
});

test("a step at least is left of what is made shorter", () => {
  assert.equal(withEnd(slot, NINE - HOUR, STEP).end, NINE + STEP);
  assert.equal(withStart(slot, slot.end + HOUR, STEP).start, slot.end - STEP);
  assert.equal(withEnd(slot, NINE + 3 * HOUR, STEP).end, NINE + 3 * HOUR);
});

test("one sweeps in either direction from the step that was pressed", () => {
  assert.deepEqual(swept("FDM-01", NINE + 10 * MINUTE, NINE + 2 * HOUR, STEP), slot);
  assert.deepEqual(swept("FDM-01", NINE + 10 * MINUTE, NINE - HOUR, STEP), { ...slot, start: NINE - HOUR, end: NINE + STEP });
});

test("slots are the same where machine and both ends are", () => {
  assert.ok(same(slot, { ...slot }));
  assert.ok(!same(slot, { ...slot, code: "FDM-02" }));
  assert.equal(snapped(NINE + 14 * MINUTE, STEP), NINE);
});
