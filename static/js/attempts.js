// What the server says to a change, before it is made (a dry run) and when it is made; and how it is told.

import { ZONE } from "./clock.js";

function token() {
  return document.cookie.match(/(?:^|; )csrftoken=([^;]+)/)?.[1] ?? "";
}

// Of a booking that is dragged only the time is evaluated: these are chosen in the form that follows.
const CHOSEN_IN_THE_FORM = new Set(["needs_purpose"]);

async function call(method, path, body, signal) {
  const answer = await fetch(`/api/v1/${path}`, {
    method,
    signal,
    headers: { Accept: "application/json", "Content-Type": "application/json", "X-CSRFToken": token() },
    body: JSON.stringify(body),
  });
  const said = await answer.json().catch(() => ({}));
  if (answer.ok) return { allowed: true, made: said, refusals: [] };
  return {
    allowed: false,
    signedOut: answer.status === 401,
    // What a proxy says when the site gave it no answer; the site's own errors say that nothing was changed.
    lost: answer.status === 502 || answer.status === 504,
    why: said.detail ?? "",
    refusals: said.refusals ?? [],
  };
}

const iso = (moment) => new Date(moment).toISOString();

// `slot`: { code, start, end }, times in milliseconds, the end not included.
export async function tryBooking(organisation, { code, start, end }, signal) {
  const body = { organisation, reservations: [{ equipment: code, start: iso(start), end: iso(end) }] };
  const said = await call("POST", "bookings?dry_run=true", body, signal);
  const refusals = said.refusals.filter((refusal) => !CHOSEN_IN_THE_FORM.has(refusal.code));
  if (said.allowed || (said.refusals.length && !refusals.length)) return { allowed: true, refusals: [] };
  return { ...said, refusals, why: refusals.map((refusal) => refusal.message).join(" ") || said.why };
}

export function tryMove(id, { code, start, end }, signal) {
  return call("PATCH", `reservations/${id}?dry_run=true`, { equipment: code, start: iso(start), end: iso(end) }, signal);
}

// Where no answer comes it is `lost`: it may have been done. Moved there already, it stays as it is.
export async function move(id, { code, start, end }) {
  const body = { equipment: code, start: iso(start), end: iso(end) };
  return call("PATCH", `reservations/${id}`, body).catch(() => ({ lost: true, refusals: [] }));
}

// What the refusals offer instead, each once, as slots.
export function offered(verdict) {
  const found = new Map();
  for (const { start, end, equipment } of verdict.refusals.flatMap((refusal) => refusal.alternatives)) {
    if (equipment.length !== 1) continue;
    found.set(`${equipment[0]} ${start}`, { code: equipment[0], start: Date.parse(start), end: Date.parse(end) });
  }
  return [...found.values()].slice(0, 4);
}

export function formAddress({ code, start, end }) {
  return `/book/?${new URLSearchParams({ equipment: code, from: iso(start), until: iso(end) })}`;
}

const clock = new Intl.DateTimeFormat("nl", { hour: "2-digit", minute: "2-digit", timeZone: ZONE });
// English as in Europe: the day before the month.
const day = new Intl.DateTimeFormat(document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang, {
  weekday: "short", day: "numeric", month: "short", timeZone: ZONE,
});

export function told({ code, start, end }) {
  const [first, last] = [day.format(start), day.format(end)];
  const until = first === last ? `–${clock.format(end)}` : ` – ${last} ${clock.format(end)}`;
  return `${code}, ${first} ${clock.format(start)}${until}`;
}

// Tries once the hand rests, and only the last: `ask(attempt, then)` drops what was asked before.
export function lastOnly(pause) {
  let timer = 0;
  let running = null;
  const stop = () => {
    clearTimeout(timer);
    running?.abort();
  };
  const ask = (attempt, then) => {
    stop();
    running = new AbortController();
    const { signal } = running;
    timer = setTimeout(async () => {
      const verdict = await attempt(signal).catch(() => null);
      if (!signal.aborted) then(verdict ?? { allowed: false, unreachable: true, refusals: [] });
    }, pause);
  };
  return { ask, stop };
}
