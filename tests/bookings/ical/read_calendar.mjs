// Reads a calendar file on standard input with Thunderbird's parser; writes its entries as JSON.
import ICAL from "ical.js";
import { readFileSync } from "node:fs";

const calendar = new ICAL.Component(ICAL.parse(readFileSync(0, "utf8")));
const entries = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  const [start, end] = [event.startDate, event.endDate].map((moment) => moment.toJSDate().toISOString());
  return [event.uid, start, end, component.getFirstPropertyValue("organizer")];
});
const others = calendar.getAllSubcomponents().map(({ name }) => name).filter((name) => name !== "vevent");
const again = calendar.getFirstPropertyValue("refresh-interval");
console.log(JSON.stringify({ entries, others, again: again instanceof ICAL.Duration ? again.toSeconds() : String(again) }));
