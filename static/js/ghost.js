// @ts-check
// What is being dragged, drawn over the lanes: where it goes, and beside it what the server says of that.

import { keepInView } from "./answer.js";
import { told } from "./attempts.js";
import { drawnIn, laneOf, lanesOf, scaleOf } from "./lanes.js";
import { startOf } from "./scale.js";

/** @typedef {import("./slots.js").Slot} Slot */

export class Ghost {
  /**
   * @param {Element} timeline
   * @param {boolean} aloud whether what is said is read aloud, as to who works with the keyboard
   */
  constructor(timeline, aloud) {
    this.timeline = timeline;
    /** The piece that carries the words, and one more for each lane that the slot goes on in. @type {HTMLElement[]} */
    this.pieces = [document.createElement("div")];
    this.when = document.createElement("span");
    this.said = document.createElement("p");
    if (aloud) this.said.setAttribute("role", "status");
    this.pieces[0].append(this.when, this.said);
    this.state = "";
    timeline.classList.add("timeline-dragged");
  }

  /** @param {Slot} slot */
  draw(slot) {
    const places = lanesOf(this.timeline).flatMap((lane) => {
      const place = drawnIn(lane, slot);
      return place ? [{ lane, place }] : [];
    });
    // Out of what is shown: at the edge of the lane that is nearest, so that its words can be read.
    if (!places.length) {
      const lane = laneOf(this.timeline, slot.code, slot.start);
      places.push({ lane, place: slot.start < startOf(scaleOf(lane)) ? [0, 0] : [100, 100] });
    }
    while (this.pieces.length > places.length) this.pieces.pop()?.remove();
    while (this.pieces.length < places.length) this.pieces.push(document.createElement("div"));
    places.forEach(({ lane, place: [from, until] }, number) => {
      const piece = this.pieces[number];
      if (piece.parentNode !== lane) lane.append(piece);
      piece.style.insetInlineStart = `${from}%`;
      piece.style.inlineSize = `${until - from}%`;
    });
    this.look();
    this.when.textContent = told(slot);
    keepInView(this.when);
  }

  /**
   * @param {"tried" | "allowed" | "refused"} state
   * @param {string} text
   */
  say(state, text) {
    this.state = `ghost-${state}`;
    this.look();
    this.said.textContent = text;
    keepInView(this.said);
  }

  look() {
    for (const piece of this.pieces) piece.className = `ghost ${this.state}`;
  }

  remove() {
    for (const piece of this.pieces) piece.remove();
    this.timeline.classList.remove("timeline-dragged");
  }
}
