/** Finds the JSON objects in a text that comes in pieces, whatever stands between them: lines, commas or nothing. */

import { FrameTooLongError, MAX_FRAME } from "./sse.js";

const BRACES = /["\\{}[\]]/g;

export class JsonObjects {
  readonly #pieces: string[] = [];
  #size = 0;
  #depth = 0;
  #inString = false;
  #escaped = false;

  /** The texts of the objects that `text` completes. What stands outside of objects is left out. Throws FrameTooLongError. */
  push(text: string): string[] {
    const objects: string[] = [];
    let start = this.#depth > 0 ? 0 : -1;
    let at = 0;
    if (this.#escaped && text !== "") {
      this.#escaped = false;
      at = 1;
    }
    BRACES.lastIndex = at;
    for (let found = BRACES.exec(text); found !== null; found = BRACES.exec(text)) {
      at = found.index;
      const mark = found[0];
      if (mark === "\\") {
        if (!this.#inString) continue;
        if (at + 1 === text.length) this.#escaped = true;
        BRACES.lastIndex = at + 2;
      } else if (mark === '"') {
        if (this.#depth > 0) this.#inString = !this.#inString;
      } else if (this.#inString) {
        // a brace in a string
      } else if (mark === "{" || (mark === "[" && this.#depth > 0)) {
        if (this.#depth === 0) start = at;
        this.#depth += 1;
      } else if ((mark === "}" || mark === "]") && this.#depth > 0) {
        this.#depth -= 1;
        if (this.#depth > 0) continue;
        objects.push(this.#pieces.join("") + text.slice(start, at + 1));
        this.#pieces.length = 0;
        this.#size = 0;
        start = -1;
      }
    }
    if (this.#depth > 0) {
      this.#pieces.push(text.slice(start));
      this.#size += text.length - start;
      if (this.#size > MAX_FRAME) throw new FrameTooLongError();
    }
    return objects;
  }
}
