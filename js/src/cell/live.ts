/** A text that grows, and its Markdown in the page: only what has been added is read and drawn. */

import { Engine } from "../markdown/engine.js";
import type { Renderer } from "../render/render.js";

/** Characters at the end of what was read that must still be there for a text to be the same one, grown. */
const JOINT = 32;

export class LiveMarkdown {
  readonly #renderer: Renderer;
  #engine = new Engine();
  /** Characters read. */
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
   * Show `text` up to `end`, or a little further if that was shown before. `name` tells texts apart that might begin
   * alike. `ended`: this is all of it.
   */
  show(text: string, end: number, ended: boolean, name: string): void {
    if (!this.#grew(text, name)) this.#begin(name);
    const until = ended ? text.length : Math.max(end, this.#fed);
    // A text that had ended and grows again is read again: its end had closed what was open.
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
