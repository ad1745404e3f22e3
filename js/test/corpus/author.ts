/** Who writes a composed answer: draws from one sequence of numbers, and has habits of form that last for the answer. */

import { randomFrom } from "../random.js";

export class Author {
  readonly #next: () => number;
  readonly bullet: string;
  readonly dot: string;
  readonly fence: string;
  readonly em: string;
  readonly strong: string;
  readonly underlined: boolean;
  readonly outerPipes: boolean;
  readonly loose: boolean;
  /** Items are counted, or are all `1.`, as some models do. */
  readonly counts: boolean;
  /** Columns that a nested list is indented by; null: what the marker takes. */
  readonly indent: string | null;

  constructor(seed: number) {
    this.#next = randomFrom(seed * 7919 + 17);
    this.bullet = this.one(["-", "-", "-", "*", "*", "+"]);
    this.dot = this.one([".", ".", ".", ")"]);
    this.fence = this.one(["```", "```", "```", "```", "~~~", "````"]);
    this.em = this.one(["*", "*", "_"]);
    this.strong = this.one(["**", "**", "**", "__"]);
    this.underlined = this.chance(0.15);
    this.outerPipes = this.chance(0.85);
    this.loose = this.chance(0.3);
    this.counts = this.chance(0.85);
    this.indent = this.one([null, null, "  ", "    ", "\t"]);
  }

  chance(share: number): boolean {
    return this.#next() < share;
  }

  /** A whole number; both ends are included. */
  number(from: number, to: number): number {
    return from + Math.floor(this.#next() * (to - from + 1));
  }

  one<T>(choices: readonly T[]): T {
    return choices[this.number(0, choices.length - 1)] as T;
  }

  /** Some of them, in another order, none twice. */
  some<T>(choices: readonly T[], count: number): T[] {
    const left = [...choices];
    const taken: T[] = [];
    while (left.length > 0 && taken.length < count) {
      taken.push(...left.splice(this.number(0, left.length - 1), 1));
    }
    return taken;
  }

  bold(text: string): string {
    return `${this.strong}${text}${this.strong}`;
  }

  /** As the author stresses: what is written with stars by hand, with the author's own marks. */
  own(text: string): string {
    return this.em === "*" ? text : text.replace(/(?<![*\w`$])\*([^*`$]+)\*(?![*\w])/g, "_$1_");
  }

  heading(depth: number, text: string): string {
    if (this.underlined && depth <= 2) return `${text}\n${(depth === 1 ? "=" : "-").repeat(Math.max(3, text.length))}`;
    return `${"#".repeat(depth)} ${text}`;
  }

  item(index: number, ordered: boolean, first = 1): string {
    return ordered ? `${this.counts ? first + index : first}${this.dot} ` : `${this.bullet} `;
  }

  list(items: readonly string[], ordered: boolean, first = 1): string {
    const lines = items.map((text, index) => {
      const mark = this.item(index, ordered, first);
      return mark + text.replaceAll("\n", `\n${this.indent ?? " ".repeat(mark.length)}`);
    });
    return lines.join(this.loose ? "\n\n" : "\n");
  }

  code(language: string, code: string): string {
    return `${this.fence}${language}\n${code}\n${this.fence}`;
  }

  table(rows: readonly (readonly string[])[]): string {
    const [head = [], ...body] = rows;
    const line = (cells: readonly string[]) => (this.outerPipes ? `| ${cells.join(" | ")} |` : cells.join(" | "));
    const rule = head.map(() => this.one(["---", "---", ":--", "--:", ":-:", "-----"]));
    return [line(head), line(rule), ...body.map(line)].join("\n");
  }
}
