/** A position in a line, in characters and in columns: a tab extends to the next multiple of four columns. */
export class Cursor {
  readonly text: string;
  offset = 0;
  column = 0;
  /** Columns that are left of the tab at `offset`. */
  #inTab = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** The position of the next character that is not a space or tab. */
  get nonspace(): number {
    let at = this.offset;
    while (this.text[at] === " " || this.text[at] === "\t") at += 1;
    return at;
  }

  /** Columns up to that position. */
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

  /** The text after the indentation. */
  get rest(): string {
    return this.text.slice(this.nonspace);
  }

  /** The text from here on, with the columns that are left of a tab as spaces. */
  get remainder(): string {
    return this.#inTab > 0 ? " ".repeat(this.#inTab) + this.text.slice(this.offset + 1) : this.text.slice(this.offset);
  }

  skipIndent(): void {
    this.column += this.indent;
    this.offset = this.nonspace;
    this.#inTab = 0;
  }

  /** Skip characters that are not tabs. */
  skip(characters: number): void {
    this.offset += characters;
    this.column += characters;
  }

  /** Skip at most `columns` columns of white space. */
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

  /** Skip ">" and the optional space after it (section 5.1). */
  skipQuoteMark(): void {
    this.skipIndent();
    this.skip(1);
    this.skipColumns(1);
  }

  /** A copy at the same position, in the same text or in one that begins with it. */
  copy(text = this.text): Cursor {
    const other = new Cursor(text);
    other.offset = this.offset;
    other.column = this.column;
    other.#inTab = this.#inTab;
    return other;
  }
}
