/** The panel with an answer's numbers and its timeline. */

import type { Fact, PanelParts, PanelView } from "../../render/addons.js";
import { element, setAttribute, setLabel } from "../../render/element.js";
import type { Figures, Segment } from "../../wire/protocol.js";
import { isOver, type State } from "../../wire/store.js";
import * as words from "../../words.js";
import css from "./panels.css";

/** Milliseconds after which an open panel asks for the numbers of a running answer again. */
const AGAIN = 1000;

/** Seconds that would be shown as 0.00. */
const LEAST = 0.005;

/** Pieces that are named for assistive technology, and in the list; the rest is only counted. */
const NAMED = 30;

export class Details implements PanelView {
  readonly nodes: readonly HTMLElement[];
  readonly #facts = element("dl", { class: "sc-facts" });
  readonly #track = element("div", { class: "sc-track", role: "img" });
  readonly #legend = element("ul", { class: "sc-legend" });
  /** The same as the pieces' tooltips, for those who have no pointer. */
  readonly #list = element("ol");
  readonly #pieces = element("details", {}, element("summary", {}, words.TIMELINE_AS_LIST), this.#list);
  readonly #parts: PanelParts;
  #state: State | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  /** The version and status that were last asked about. */
  #asked = "";
  #drawn: Figures | null | undefined;

  constructor(parts: PanelParts) {
    this.#parts = parts;
    this.nodes = [element("style", {}, css), this.#facts, this.#track, this.#legend, this.#pieces];
  }

  opened(): void {
    this.#asked = "";
  }

  update(state: State, now: number): void {
    const { doc, numbers } = state;
    const figures = numbers?.version === doc.version ? numbers.figures : null;
    if (doc !== this.#state?.doc || figures !== this.#drawn) this.#draw(state, figures);
    this.#state = state;
    // The numbers change while the answer runs, and once more with its end.
    const about = `${doc.version} ${doc.status}`;
    const due = this.#asked !== about || (!isOver(state) && now - this.#askedAt >= AGAIN);
    if (!due || state.gone !== null) return;
    this.#askedAt = now;
    this.#asked = about;
    this.#parts.press({ type: "measure" });
  }

  #draw(state: State, figures: Figures | null): void {
    const rows = [...this.#parts.facts(state), ...(figures ? moreFacts(figures) : [])];
    const known = [...this.#facts.querySelectorAll("dt")].map((one) => one.textContent);
    if (known.join("\n") === rows.map(([name]) => name).join("\n")) {
      const values = this.#facts.querySelectorAll("dd");
      for (const [at, [, value]] of rows.entries()) if (values[at]) setLabel(values[at], value);
    } else {
      this.#facts.replaceChildren(...rows.map(([name, value]) => fact(name, value)));
    }
    if (figures !== this.#drawn) this.#drawTimeline(figures?.timeline ?? []);
    this.#drawn = figures;
  }

  #drawTimeline(segments: readonly Segment[]): void {
    const whole = Math.max(0, ...segments.map(({ start, seconds }) => start + seconds));
    this.#track.hidden = this.#legend.hidden = this.#pieces.hidden = whole === 0;
    const place = (seconds: number) => `${((100 * seconds) / whole).toFixed(3)}%`;
    const blocks = segments.map((segment) => {
      const block = element("span", { class: "sc-piece", "data-kind": segment.kind, title: words.piece(segment) });
      block.style.insetInlineStart = place(segment.start);
      block.style.width = place(segment.seconds);
      return block;
    });
    this.#track.replaceChildren(...blocks);
    const named = segments.slice(0, NAMED).map(words.piece);
    if (segments.length > NAMED) named.push(words.morePieces(segments.length - NAMED));
    this.#list.replaceChildren(...named.map((one) => element("li", {}, one)));
    setAttribute(this.#track, "aria-label", `${words.TIMELINE}: ${named.join("; ")}`);
    const spent = new Map<Segment["kind"], number>();
    for (const { kind, seconds } of segments) spent.set(kind, (spent.get(kind) ?? 0) + seconds);
    this.#legend.replaceChildren(
      ...[...spent.entries()]
        .filter(([, seconds]) => seconds > LEAST)
        .map(([kind, seconds]) =>
          element("li", {}, element("span", { class: "sc-swatch", "data-kind": kind }), words.spent(kind, seconds)),
        ),
    );
  }
}

function fact(name: string, value: string): HTMLElement {
  return element("div", {}, element("dt", {}, name), element("dd", {}, value));
}

function moreFacts(figures: Figures): Fact[] {
  const time = (seconds: number | null) => (seconds === null ? "" : words.duration(seconds));
  const rows: readonly Fact[] = [
    [words.FACTS.rate, figures.rate === null ? "" : words.rate(figures.rate, figures.estimated)],
    [words.FACTS.connect, time(figures.connect)],
    [words.FACTS.queue, figures.queue > LEAST ? time(figures.queue) : ""],
    [words.FACTS.wait, figures.wait > LEAST ? time(figures.wait) : ""],
    [words.FACTS.tools, figures.tools > LEAST ? time(figures.tools) : ""],
    [words.FACTS.attempts, String(figures.attempts)],
    [words.FACTS.chunks, words.chunks(figures.chunks, figures.bytes)],
    [words.FACTS.gap, time(figures.longest_gap)],
    [words.FACTS.price, figures.price === null ? "" : words.price(figures.price)],
  ];
  return rows.filter(([, value]) => value !== "");
}
