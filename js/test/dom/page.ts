/** A page for views: frames and time that the test moves, a clipboard that it reads. */

import { tools } from "../../src/addons/tools.js";
import type { Page } from "../../src/cell/page.js";
import { type Addons, NO_ADDONS } from "../../src/render/addons.js";
import { FrameLoop } from "../../src/render/frame.js";
import { FakeClock } from "../clock.js";

export class FakePage implements Page {
  readonly clock = new FakeClock();
  readonly loop = new FrameLoop(this.clock);
  readonly copied: string[] = [];
  addons: Addons = { ...NO_ADDONS, tools: () => tools };
  still = false;
  refuses = false;
  #ids = 0;

  /** The code that was put below the cell, and whether it was run. */
  readonly inserted: [string, boolean][] = [];
  language = "python";

  insertion() {
    return { language: this.language, insert: (code: string, run: boolean) => void this.inserted.push([code, run]) };
  }

  isStill(): boolean {
    return this.still;
  }

  /** Say whether each view can be seen. */
  readonly watching = new Set<(isSeen: boolean) => void>();

  watch(_element: Element, seen: (isSeen: boolean) => void): () => void {
    this.watching.add(seen);
    return () => this.watching.delete(seen);
  }

  /** The HTML that was copied last. */
  html: string | null = null;

  async copy(text: string, html: string | null = null): Promise<boolean> {
    if (!this.refuses) this.copied.push(text);
    this.html = html;
    return !this.refuses;
  }

  newId(): string {
    this.#ids += 1;
    return `sc-test-${this.#ids}`;
  }
}
