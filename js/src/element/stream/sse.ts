/**
 * A tolerant decoder of server-sent events, after the WHATWG HTML standard, section 9.2.6 ("Interpreting an event
 * stream"), with three exceptions: a last event without its blank line counts, an `error:` field is an event of that
 * name, and a line that is not a field is returned, because it may be a chunk without `data:` or the only error message.
 */

/** The most characters of one event or line: memory must stay bounded, and a base64 image takes about 10 MB. */
export const MAX_FRAME = 20_000_000;

export interface ServerSentEvent {
  /** Its name; "" if it has none. */
  readonly event: string;
  readonly data: string;
  /** Not an event, but a line that is not a field. */
  readonly stray: boolean;
}

export class FrameTooLongError extends Error {
  constructor() {
    super(`A frame of the stream has more than ${MAX_FRAME / 1_000_000} million characters.`);
  }
}

/** Splits a text that comes in pieces into lines, which end with LF, CR or CRLF. */
export class Lines {
  readonly #rest: string[] = [];
  #held = 0;
  #afterCr = false;

  /** The lines that `text` completes. Throws FrameTooLongError. */
  push(text: string): string[] {
    if (text === "") return [];
    const piece = this.#afterCr && text.startsWith("\n") ? text.slice(1) : text;
    this.#afterCr = text.endsWith("\r");
    const lines = piece.split(/\r\n|\r|\n/);
    const last = lines.pop() ?? "";
    if (lines.length > 0) {
      lines[0] = this.#rest.join("") + lines[0];
      this.#rest.length = 0;
      this.#held = 0;
    }
    if (last !== "") this.#rest.push(last);
    this.#held += last.length;
    if (this.#held > MAX_FRAME) throw new FrameTooLongError();
    return lines;
  }

  /** The last line, if it has no end. */
  end(): string[] {
    const last = this.#rest.join("");
    this.#rest.length = 0;
    return last === "" ? [] : [last];
  }
}

const FIELD = /^(data|event|id|retry|error|)(?::(?: |$)?|$)/;

export class SseDecoder {
  readonly #lines = new Lines();
  #event = "";
  #data: string[] = [];
  #size = 0;

  /** The events that `text` completes. Throws FrameTooLongError. */
  push(text: string): ServerSentEvent[] {
    return this.#lines.push(text).flatMap((line) => this.#line(line));
  }

  end(): ServerSentEvent[] {
    return [...this.#lines.end().flatMap((line) => this.#line(line)), ...this.#dispatch()];
  }

  #line(line: string): ServerSentEvent[] {
    if (line === "") return this.#dispatch();
    const found = FIELD.exec(line);
    if (found === null) return [{ event: "", data: line, stray: true }];
    const value = line.slice(found[0].length);
    if (found[1] === "event") this.#event = value;
    if (found[1] === "error") this.#event = "error";
    if (found[1] === "data" || found[1] === "error") {
      this.#size += value.length;
      if (this.#size > MAX_FRAME) throw new FrameTooLongError();
      this.#data.push(value);
    }
    return [];
  }

  #dispatch(): ServerSentEvent[] {
    const events = this.#data.length > 0 ? [{ event: this.#event, data: this.#data.join("\n"), stray: false }] : [];
    this.#event = "";
    this.#data = [];
    this.#size = 0;
    return events;
  }
}
