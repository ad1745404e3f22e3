/** Highlighted lines of code. The growing line is highlighted again as it grows, and only what differs is updated. */

import type { Grammar, Span } from "./addons.js";
import type { Drawing } from "./drawing.js";
import { setText } from "./element.js";
import type { LineWriter } from "./lines.js";
import { RUN, Runs } from "./runs.js";

/** The styles in the style sheet; no class name is made from anything else. */
const STYLES: ReadonlySet<string> = new Set(
  "comment keyword string number constant function type variable operator punctuation tag attribute meta inserted deleted heading link".split(
    " ",
  ),
);

/** A part of the growing line in the page. */
interface Painted {
  style: string | null;
  text: string;
  dom: HTMLElement | Text;
}

export class PaintedLines implements LineWriter {
  readonly #drawing: Drawing;
  readonly #grammar: Grammar;
  /** The grammar's state before the growing line, and after what there is of it. */
  #from: unknown;
  #next: unknown;
  #group: HTMLElement | null = null;
  /** The highlighted part of the growing line; null: nothing yet. */
  #head: string | null = null;
  /** The line break before the growing line, if it is in the same group. */
  #break = "";
  #painted: Painted[] = [];
  #runs: Runs | null = null;

  constructor(drawing: Drawing, grammar: Grammar) {
    this.#drawing = drawing;
    this.#grammar = grammar;
    this.#from = grammar.start();
    this.#next = this.#from;
  }

  begin(group: HTMLElement, first: boolean): void {
    this.#from = this.#next;
    this.#group = group;
    this.#head = null;
    this.#runs = null;
    this.#break = first ? "" : "\n";
    this.#painted = [];
  }

  /** Only the beginning of a very long line is highlighted: such a line is data rather than code. */
  grow(line: string): void {
    const head = line.slice(0, RUN);
    if (head !== this.#head) {
      this.#head = head;
      const { spans, next } = this.#grammar.line(head, this.#from);
      this.#next = next;
      this.#show(this.#stretches(head, spans));
    }
    if (line.length <= RUN) return;
    // The state after the rest is not known. Most such lines are self-contained, so continue with the state before.
    this.#next = this.#from;
    this.#runs ??= new Runs(this.#drawing, this.#group as HTMLElement);
    this.#runs.grow(line);
  }

  #stretches(head: string, spans: readonly Span[]): [string | null, string][] {
    const stretches: [string | null, string][] = [];
    const add = (style: string | null, text: string) => {
      const last = stretches.at(-1);
      if (last && last[0] === style) last[1] += text;
      else if (text !== "") stretches.push([style, text]);
    };
    add(null, this.#break);
    let start = 0;
    for (const { end, style } of spans) {
      add(style !== null && STYLES.has(style) ? style : null, head.slice(start, end));
      start = end;
    }
    add(null, head.slice(start));
    return stretches;
  }

  #show(stretches: readonly [string | null, string][]): void {
    for (const [index, [style, text]] of stretches.entries()) {
      const old = this.#painted[index];
      if (old && (old.style === null) === (style === null)) this.#repaint(old, style, text);
      else {
        const made = this.#make(style, text);
        if (old) old.dom.replaceWith(made.dom);
        else this.#group?.append(made.dom);
        this.#painted[index] = made;
      }
    }
    for (const extra of this.#painted.splice(stretches.length)) extra.dom.remove();
  }

  #repaint(old: Painted, style: string | null, text: string): void {
    if (old.style !== style) (old.dom as HTMLElement).className = `sc-t-${style}`;
    setText((style === null ? old.dom : old.dom.firstChild) as Text, old.text, text);
    old.style = style;
    old.text = text;
  }

  #make(style: string | null, text: string): Painted {
    const made = this.#drawing.text(text);
    return {
      style,
      text,
      dom: style === null ? made : this.#drawing.element("span", { class: `sc-t-${style}` }, made),
    };
  }

  close(): void {
    const last = this.#painted.at(-1);
    if (last?.style === null && this.#runs === null) (last.dom as Text).appendData("\n");
    else this.#group?.append(this.#drawing.text("\n"));
  }
}
