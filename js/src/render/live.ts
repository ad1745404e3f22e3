/** A growing text, rendered as Markdown. Only new text is parsed and rendered. */

import { Engine } from "../markdown/engine.js";
import type { Renderer } from "./render.js";

/** Characters at the end of the parsed text that must be unchanged, or it counts as another text. */
const JOINT = 32;

export class LiveMarkdown {
  readonly #renderer: Renderer;
  #engine = new Engine();
  /** Characters parsed. */
  #fed = 0;
  /** The last of them. */
  #joint = "";
  #ended = false;
  #name = "";

  constructor(renderer: Renderer) {
    this.#renderer = renderer;
    this.#draw();
  }

  /**
   * Show `text` up to `end`, or further if more was shown before. `name` distinguishes texts that may begin alike.
   * `ended`: the text is complete.
   */
  show(text: string, end: number, ended: boolean, name: string): void {
    if (!this.#grew(text, name)) this.#begin(name);
    const until = ended ? text.length : Math.max(end, this.#fed);
    // If an ended text grows, it is parsed again, because its end closed all open blocks.
    if (this.#ended && until > this.#fed) this.#begin(name);
    if (until === this.#fed && (this.#ended || !ended)) return;
    this.#engine.push(text.slice(this.#fed, until));
    this.#fed = until;
    this.#joint = text.slice(Math.max(0, until - JOINT), until);
    if (ended) this.#engine.end();
    this.#ended = ended;
    this.#draw();
  }

  #grew(text: string, name: string): boolean {
    return name === this.#name && text.startsWith(this.#joint, this.#fed - this.#joint.length);
  }

  #begin(name: string): void {
    this.#engine = new Engine();
    this.#fed = 0;
    this.#joint = "";
    this.#ended = false;
    this.#name = name;
    this.#renderer.reset();
    this.#draw();
  }

  #draw(): void {
    this.#renderer.update(this.#engine.document, this.#engine.takeLate());
  }
}
