/** Documents like those that a language model writes: the same for the same kind and length, on every machine. */

export const KINDS = ["mixed", "para", "fence", "list", "table", "nested", "quotes"] as const;

export type Kind = (typeof KINDS)[number];

const WORDS = (
  "the a this each most some of in for with between under over after before model matrix vector gradient kernel sample " +
  "variance estimate entropy likelihood posterior regression feature column frame index query token context attention " +
  "layer weight batch epoch step rate loss error signal noise filter window series trend season lag residual interval " +
  "confidence hypothesis test value count mean median quantile outlier cluster distance neighbour tree forest node edge " +
  "graph path cost bound limit memory cache thread process queue latency throughput request response server client is " +
  "are was has takes gives keeps holds returns means shows grows falls converges depends matters works fails small large " +
  "linear sparse dense robust stable fast slow naïve exact approximate independent conditional random fixed usually " +
  "often rarely only also therefore however instead because when while until unless although"
).split(" ");

/** Writes the pieces of a document; each draws from the same sequence of numbers. */
class Author {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to 1, without 1. */
  #next(): number {
    this.#state = (this.#state + 0x9e3779b9) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
    mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
    return ((mixed ^ (mixed >>> 16)) >>> 0) / 2 ** 32;
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

  several(from: number, to: number, make: (index: number) => string, separator: string): string {
    return Array.from({ length: this.number(from, to) }, (_, index) => make(index)).join(separator);
  }

  word(): string {
    return this.one(WORDS);
  }

  words(from: number, to: number): string {
    return this.several(from, to, () => this.word(), " ");
  }

  title(from: number, to: number): string {
    const words = this.words(from, to);
    return words.charAt(0).toUpperCase() + words.slice(1);
  }

  name(): string {
    return `${this.word()}_${this.word()}`.replace("ï", "i");
  }

  inline(): string {
    const kinds: [share: number, write: () => string][] = [
      [0.11, () => `**${this.words(1, 3)}**`],
      [0.06, () => `*${this.words(1, 3)}*`],
      [0.12, () => `\`${this.name()}(${this.name()})\``],
      [0.04, () => `[${this.words(1, 4)}](https://example.com/${this.name()}?page=${this.number(1, 99)})`],
      [0.02, () => `https://docs.example.org/${this.name()}`],
      [0.03, () => `$x_{${this.number(1, 9)}} = \\frac{${this.number(1, 99)}}{n + ${this.number(1, 9)}}$`],
      [0.01, () => `~~${this.word()}~~`],
      [0.01, () => `**${this.words(1, 2)} \`${this.name()}\` ${this.word()}**`],
    ];
    let left = this.#next();
    for (const [share, write] of kinds) {
      left -= share;
      if (left < 0) return write();
    }
    return this.words(3, 8);
  }

  sentence(): string {
    const end = this.one([".", ".", ".", ".", ":", "?", "!"]);
    return `${this.title(1, 3)} ${this.several(2, 4, () => this.inline(), this.one([" ", " ", ", "]))}${end}`;
  }

  paragraph(): string {
    return this.several(1, 4, () => this.sentence(), " ");
  }

  python(): string {
    const indent = "    ".repeat(this.number(0, 3));
    const line = this.one([
      () => `# ${this.words(3, 9)}`,
      () => `${this.name()} = ${this.name()}.${this.word()}(${this.name()}, axis=${this.number(0, 2)})`,
      () => `${this.name()}["${this.word()}"] += ${this.number(1, 999)} * ${this.name()}`,
      () => `def ${this.name()}(self, ${this.name()}: int = ${this.number(0, 9)}) -> dict[str, float]:`,
      () => `if ${this.name()} > 0.${this.number(1, 999)} and not ${this.name()}:`,
      () => `for ${this.name()} in range(len(${this.name()})):`,
      () => `return [${this.name()} ** ${this.number(2, 4)} for ${this.name()} in ${this.name()} if ${this.name()}]`,
      () => `print(f"${this.words(2, 4)}: {${this.name()}:.${this.number(1, 4)}f}")`,
      () => `"""${this.title(4, 9)}."""`,
    ])();
    return this.chance(0.1) ? "" : indent + line;
  }

  fence(from: number, to: number): string {
    return `\`\`\`python\n${this.several(from, to, () => this.python(), "\n")}\n\`\`\``;
  }

  item(): string {
    return this.chance(0.3) ? `**${this.title(1, 3)}**: ${this.sentence()}` : this.sentence();
  }

  list(depth: number): string {
    const numbered = this.chance(0.4);
    const item = (index: number): string => {
      const mark = numbered ? `${index + 1}. ` : "- ";
      const below = depth > 0 && this.chance(0.3) ? `\n${indented(this.list(depth - 1), mark.length)}` : "";
      return mark + this.item() + below;
    };
    return this.several(3, 6, item, "\n");
  }

  looseList(): string {
    const code = (): string => (this.chance(0.4) ? `\n\n${indented(this.fence(3, 8), 3)}` : "");
    const item = (index: number): string =>
      `${index + 1}. **${this.title(2, 4)}**\n\n${indented(this.paragraph(), 3)}${code()}`;
    return this.several(3, 5, item, "\n\n");
  }

  tasks(): string {
    return this.several(3, 6, () => `- [${this.one(["x", " "])}] ${this.title(3, 8)}`, "\n");
  }

  row(columns: number): string {
    const cell = (): string =>
      this.one([
        () => this.words(1, 4),
        () => this.words(1, 4),
        () => `\`${this.name()}\``,
        () => `**${this.number(1, 9999)}**`,
        () => `${this.number(0, 99)}.${this.number(10, 99)} %`,
      ])();
    return `| ${this.several(columns, columns, cell, " | ")} |`;
  }

  table(from: number, to: number): string {
    const columns = this.number(3, 6);
    const rule = this.several(columns, columns, () => this.one(["---", ":---", ":---:", "---:"]), "|");
    return `${this.row(columns)}\n|${rule}|\n${this.several(from, to, () => this.row(columns), "\n")}`;
  }

  quote(): string {
    return this.several(2, 5, () => `> ${this.sentence()}`, "\n");
  }

  formula(): string {
    return `$$\n\\sum_{i=1}^{${this.number(2, 99)}} \\frac{x_i^{${this.number(2, 9)}}}{\\sqrt{${this.number(2, 99)}}}\n$$`;
  }

  heading(): string {
    return `${"#".repeat(this.number(1, 4))} ${this.title(2, 6)}`;
  }

  block(): string {
    const blocks: [share: number, write: () => string][] = [
      [0.13, () => this.heading()],
      [0.15, () => this.list(2)],
      [0.06, () => this.looseList()],
      [0.03, () => this.tasks()],
      [0.08, () => this.table(3, 12)],
      [0.13, () => this.fence(3, 25)],
      [0.04, () => this.quote()],
      [0.03, () => this.formula()],
      [0.02, () => "---"],
    ];
    let left = this.#next();
    for (const [share, write] of blocks) {
      left -= share;
      if (left < 0) return write();
    }
    return this.paragraph();
  }
}

/** Exactly `length` characters of one kind, cut off where they end. */
export function write(kind: Kind, length: number): string {
  const author = new Author(length + KINDS.indexOf(kind));
  switch (kind) {
    case "mixed":
      return filled(length, "", () => `${author.block()}\n\n`);
    case "para":
      return filled(length, "", () => `${author.sentence()} `);
    case "fence":
      return filled(length, "```python\n", () => `${author.python()}\n`);
    case "list":
      return filled(length, "", () => `- ${author.item()}\n`);
    case "table":
      return filled(length, `${author.row(5)}\n|---|:---|:---:|---:|---|\n`, () => `${author.row(5)}\n`);
    case "nested":
      return filled(length, "", () => `1. ${author.item()}\n   - ${author.item()}\n     - ${author.item()}\n`);
    case "quotes":
      return filled(length, "", () => `${">".repeat(40)} ${author.sentence()}\n`);
  }
}

function filled(length: number, start: string, next: () => string): string {
  const pieces = [start];
  for (let written = start.length; written < length; written += (pieces.at(-1) as string).length) pieces.push(next());
  return pieces.join("").slice(0, length);
}

function indented(text: string, width: number): string {
  const indent = " ".repeat(width);
  return text
    .split("\n")
    .map((line) => (line === "" ? line : indent + line))
    .join("\n");
}
