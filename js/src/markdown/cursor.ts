/** A place in a line, in characters and in columns: a tab reaches to the next multiple of four. */
export class Cursor {
  readonly text: string;
  offset = 0;
  column = 0;
  /** Columns of the tab at `offset` that are left. */
  #inTab = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** Where the next character that is no space or tab stands. */
  get nonspace(): number {
    let at = this.offset;
    while (this.text[at] === " " || this.text[at] === "\t") at += 1;
    return at;
  }

  /** Columns up to it. */
  get indent(): number {
    let column = this.column;
    for (let at = this.offset; at < this.text.length; at += 1) {
      if (this.text[at] === " ") column += 1;
      else if (this.text[at] === "\t") column += at === this.offset && this.#inTab > 0 ? this.#inTab : 4 - (column % 4);
      else break;
    }
    return column - this.column;
  }

  get isBlank(): boolean {
    return this.nonspace >= this.text.length;
  }

  /** What follows the indentation. */
  get rest(): string {
    return this.text.slice(this.nonspace);
  }

  /** What follows, with the columns that are left of a tab as spaces. */
  get remainder(): string {
    return this.#inTab > 0 ? " ".repeat(this.#inTab) + this.text.slice(this.offset + 1) : this.text.slice(this.offset);
  }

  skipIndent(): void {
    this.column += this.indent;
    this.offset = this.nonspace;
    this.#inTab = 0;
  }

  /** Over characters that are no tabs. */
  skip(characters: number): void {
    this.offset += characters;
    this.column += characters;
  }

  /** Over at most so many columns of white space. */
  skipColumns(columns: number): void {
    for (let left = columns; left > 0 && this.offset < this.text.length; ) {
      const char = this.text[this.offset];
      if (char !== " " && char !== "\t") return;
      const width = char === " " ? 1 : this.#inTab || 4 - (this.column % 4);
      const used = Math.min(width, left);
      this.column += used;
      left -= used;
      this.#inTab = width - used;
      if (this.#inTab === 0) this.offset += 1;
    }
  }

  /** Over ">" and the space that may follow it (section 5.1). */
  skipQuoteMark(): void {
    this.skipIndent();
    this.skip(1);
    this.skipColumns(1);
  }

  /** The same place in the same text, or in one that begins with it. */
  copy(text = this.text): Cursor {
    const other = new Cursor(text);
    other.offset = this.offset;
    other.column = this.column;
    other.#inTab = this.#inTab;
    return other;
  }
}
