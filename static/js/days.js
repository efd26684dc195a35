// Days as "2027-03-28", reckoned in UTC so that no zone and no change of the clock comes in between.

const DAY = 86_400_000;

const dateOf = (day) => new Date(`${day}T00:00:00Z`);
const dayOf = (date) => date.toISOString().slice(0, 10);

export const daysAfter = (day, count) => dayOf(new Date(dateOf(day).getTime() + count * DAY));

// 0 is Monday.
export const weekday = (day) => (dateOf(day).getUTCDay() + 6) % 7;

export const monday = (day) => daysAfter(day, -weekday(day));

// The same day of another month, or its last where it has no such day.
export function monthsAfter(day, count) {
  const [year, month, number] = day.split("-").map(Number);
  const last = new Date(Date.UTC(year, month + count, 0)).getUTCDate();
  return dayOf(new Date(Date.UTC(year, month - 1 + count, Math.min(number, last))));
}

// Of the ISO week: the one that has the Thursday.
export function weekNumber(day) {
  const thursday = daysAfter(monday(day), 3);
  return 1 + Math.floor((dateOf(thursday) - dateOf(`${thursday.slice(0, 4)}-01-01`)) / (7 * DAY));
}

// As the fields for a day show it: 28-03-2027.
export const written = (day) => day.split("-").reverse().join("-");

// What a field says, where it is a whole date; "" otherwise.
export function read(text) {
  const said = text.trim().match(/^(\d{1,2})[-/.](\d{1,2})[-/.](\d{4})$/);
  const day = said ? `${said[3]}-${said[2].padStart(2, "0")}-${said[1].padStart(2, "0")}` : text.trim();
  // 31 February is read as 3 March: only what comes back as it was written is a day.
  return /^\d{4}-\d{2}-\d{2}$/.test(day) && !Number.isNaN(dateOf(day).getTime()) && dayOf(dateOf(day)) === day ? day : "";
}

const LANGUAGE = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
const format = (options) => {
  const words = new Intl.DateTimeFormat(LANGUAGE, { ...options, timeZone: "UTC" });
  return (day) => words.format(dateOf(day));
};
export const inFull = format({ weekday: "long", day: "numeric", month: "long", year: "numeric" });
export const monthOf = format({ month: "long", year: "numeric" });
export const weekdayOf = format({ weekday: "long" });
export const weekdayShort = format({ weekday: "short" });
