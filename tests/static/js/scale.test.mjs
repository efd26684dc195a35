// The arithmetic of a lane's scale, with nights that are narrower, and days of 23 and of 25 hours.

import assert from "node:assert/strict";
import { test } from "node:test";

import { endOf, momentAt, placeOf, readScale, startOf } from "../../../static/js/scale.js";

const HOUR = 3_600_000;
const at = (iso) => Date.parse(iso);
const scale = (...knots) => readScale(JSON.stringify(knots.map(([iso, place]) => [at(iso) / 1000, place])));

const plain = scale(
  ["2027-03-01T00:00+01:00", 0], ["2027-03-01T08:00+01:00", 10], ["2027-03-01T18:00+01:00", 90],
  ["2027-03-02T00:00+01:00", 100],
);
const spring = scale(["2027-03-28T00:00+01:00", 0], ["2027-03-28T03:00+02:00", 12.5], ["2027-03-29T00:00+02:00", 100]);
const autumn = scale(["2027-10-31T00:00+02:00", 0], ["2027-10-31T03:00+01:00", 12.5], ["2027-11-01T00:00+01:00", 100]);

test("a knot stands at its place, and time runs evenly between two", () => {
  assert.equal(placeOf(plain, at("2027-03-01T08:00+01:00")), 10);
  assert.equal(placeOf(plain, at("2027-03-01T13:00+01:00")), 50);
  assert.equal(placeOf(plain, at("2027-03-01T04:00+01:00")), 5);
});

test("it begins with its first knot and ends with its last", () => {
  assert.equal(startOf(plain), at("2027-03-01T00:00+01:00"));
  assert.equal(endOf(plain), at("2027-03-02T00:00+01:00"));
});

test("beyond its ends it goes on as in its outermost pieces", () => {
  assert.equal(placeOf(plain, at("2027-03-02T06:00+01:00")), 110);
  assert.equal(momentAt(plain, 110), at("2027-03-02T06:00+01:00"));
  assert.equal(momentAt(plain, -5), at("2027-02-28T20:00+01:00"));
});

for (const [name, day] of Object.entries({ plain, spring, autumn })) {
  test(`on the day "${name}" the moment at the place of a moment is that moment`, () => {
    for (let moment = startOf(day) - HOUR; moment <= endOf(day) + HOUR; moment += HOUR / 4) {
      assert.ok(Math.abs(momentAt(day, placeOf(day, moment)) - moment) < 1);
    }
  });

  test(`on the day "${name}" what is later stands further`, () => {
    for (let moment = startOf(day); moment < endOf(day); moment += HOUR / 4) {
      assert.ok(placeOf(day, moment) < placeOf(day, moment + HOUR / 4));
    }
  });
}

test("a day lasts 23 hours in spring and 25 in autumn", () => {
  assert.equal(endOf(spring) - startOf(spring), 23 * HOUR);
  assert.equal(endOf(autumn) - startOf(autumn), 25 * HOUR);
});

test("once the clock has changed an hour of the clock stands where it does on any day", () => {
  const noon = placeOf(scale(["2027-03-01T00:00+01:00", 0], ["2027-03-02T00:00+01:00", 100]), at("2027-03-01T12:00+01:00"));
  assert.equal(placeOf(spring, at("2027-03-28T12:00+02:00")), noon);
  assert.equal(placeOf(autumn, at("2027-10-31T12:00+01:00")), noon);
});

test("the hour that comes twice is drawn twice", () => {
  const first = placeOf(autumn, at("2027-10-31T02:30+02:00"));
  const second = placeOf(autumn, at("2027-10-31T02:30+01:00"));
  assert.equal(second - first, 12.5 / 4);
});
