/** Separates reasoning that a model writes into its text, between tags at the start, while the text streams. */

/** Each tag with its end: DeepSeek and Qwen, others, Gemma, Seed, Kimi. */
const TAGS: readonly (readonly [string, string])[] = [
  ["<think>", "</think>"],
  ["<thinking>", "</thinking>"],
  ["<thought>", "</thought>"],
  ["<seed:think>", "</seed:think>"],
  ["◁think▷", "◁/think▷"],
];

export interface Piece {
  readonly type: "text" | "reasoning";
  readonly delta: string;
}

/**
 * Splits a text that begins with `<think>…</think>` into reasoning and text. Takes the text in pieces of any size.
 *
 * Tags elsewhere are part of the text. White space around the reasoning and before the text is left out. Text that may
 * still become a tag is held back: at most the length of a tag, and the white space before it.
 */
export class ThinkTags {
  #held = "";
  #end = "";
  #state: "start" | "reasoning" | "after" | "text" = "start";
  #reasoned = false;

  push(delta: string): Piece[] {
    if (this.#state === "text") return delta ? [{ type: "text", delta }] : [];
    this.#held += delta;
    // White space decides nothing, and is looked at with the text that follows.
    if (delta.trim() === "") return [];
    const pieces: Piece[] = [];
    if (this.#state === "start" && !this.#begin()) return pieces;
    if (this.#state === "reasoning") this.#think(pieces);
    if (this.#state === "after") {
      this.#held = this.#held.trimStart();
      if (this.#held) this.#state = "text";
    }
    if (this.#state === "text" && this.#held) {
      pieces.push({ type: "text", delta: this.#held });
      this.#held = "";
    }
    return pieces;
  }

  /** The pieces that were held back, at the end of the text. */
  end(): Piece[] {
    const held = this.#held;
    this.#held = "";
    if (this.#state === "reasoning") return held.trim() ? [{ type: "reasoning", delta: held.trimEnd() }] : [];
    return held && this.#state === "start" ? [{ type: "text", delta: held }] : [];
  }

  /** Decide whether the text begins with reasoning; false while that is not known. */
  #begin(): boolean {
    const begun = this.#held.trimStart();
    for (const [tag, end] of TAGS) {
      if (begun.startsWith(tag)) {
        this.#state = "reasoning";
        this.#end = end;
        this.#held = begun.slice(tag.length);
        return true;
      }
    }
    if (TAGS.some(([tag]) => tag.startsWith(begun))) return false;
    this.#state = "text";
    return true;
  }

  #think(pieces: Piece[]): void {
    const at = this.#held.indexOf(this.#end);
    let thought = at < 0 ? this.#held : this.#held.slice(0, at);
    if (at >= 0) {
      this.#state = "after";
      this.#held = this.#held.slice(at + this.#end.length);
      thought = thought.trimEnd();
    } else {
      const known = thought.slice(0, thought.length - this.#overlap(thought)).trimEnd();
      this.#held = thought.slice(known.length);
      thought = known;
    }
    if (!this.#reasoned) thought = thought.trimStart();
    if (thought === "") return;
    this.#reasoned = true;
    pieces.push({ type: "reasoning", delta: thought });
  }

  /** How many characters at the end may be the beginning of the end tag. */
  #overlap(thought: string): number {
    for (let length = this.#end.length - 1; length > 0; length -= 1) {
      if (thought.endsWith(this.#end.slice(0, length))) return length;
    }
    return 0;
  }
}
