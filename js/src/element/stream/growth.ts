/** The new text in the deltas of one field, which some servers send cumulatively (DashScope, Gemini behind gateways). */

/** Characters: a shorter first delta may be repeated by chance. */
const LEAST = 6;

/**
 * If the second delta begins with the complete first one, it may be cumulative. Then it is held back until the third
 * one decides.
 */
export class Growth {
  #count = 0;
  #whole = "";
  #held: string | null = null;
  #repeats: boolean | null = null;

  push(delta: string): string {
    if (this.#repeats === false || delta === "") return delta;
    this.#count += 1;
    if (this.#count === 1) {
      this.#whole = delta;
      return delta;
    }
    if (this.#count === 2) {
      if (this.#mayRepeat(delta)) {
        this.#held = delta;
        return "";
      }
      this.#repeats = false;
      this.#whole = "";
      return delta;
    }
    const held = this.#held;
    const known = this.#whole;
    this.#held = null;
    if (delta.startsWith(held ?? known)) {
      this.#repeats = true;
      this.#whole = delta;
      return delta.slice(known.length);
    }
    if (held === null) {
      this.#whole += delta;
      return delta;
    }
    this.#repeats = false;
    this.#whole = "";
    return held + delta;
  }

  #mayRepeat(second: string): boolean {
    const first = this.#whole;
    return first.length >= LEAST && second.length > first.length && second.startsWith(first);
  }

  /** The text that was held back, as if it were cumulative. */
  end(): string {
    const held = this.#held;
    this.#held = null;
    return held === null ? "" : held.slice(this.#whole.length);
  }
}
