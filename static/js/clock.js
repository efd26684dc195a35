// The clock of the Atrium: the moment is the server's and the wall clock is Amsterdam's, whatever the laptop says.

export const ZONE = "Europe/Amsterdam";

let ahead = 0; // how far the server's clock is before this one, in milliseconds

export function setClock(iso) {
  const moment = Date.parse(iso);
  if (!Number.isNaN(moment)) ahead = moment - Date.now();
}

export const now = () => Date.now() + ahead;

// "2027-03-28T14:30:00": what the wall clock shows at `moment`, which is in milliseconds.
const wall = new Intl.DateTimeFormat("sv", { timeZone: ZONE, dateStyle: "short", timeStyle: "medium" });
export const wallClock = (moment) => wall.format(moment).replace(" ", "T");

// "2027-03-28"
export const today = () => wallClock(now()).slice(0, 10);

setClock(document.documentElement.dataset.now);
