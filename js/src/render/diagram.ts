/** Diagrams: their source while it comes, then a picture of it, with the source at hand. */

import type { Pre, Node as TreeNode } from "../markdown/tree.js";
import type { Diagram } from "./addons.js";
import type { Drawing, Mounted } from "./drawing.js";
import { MountedLines } from "./lines.js";

export const isDiagram = ({ language }: Pre): boolean => language.toLowerCase() === "mermaid";

export class MountedDiagram implements Mounted {
  readonly node: Pre;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;
  readonly #lines: MountedLines;
  #isAsked = false;

  constructor(drawing: Drawing, node: Pre) {
    this.#drawing = drawing;
    this.node = node;
    this.#lines = new MountedLines(drawing, node);
    this.dom = drawing.element("div", { class: "sc-diagram" }, this.#lines.dom);
    this.#draw();
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    if (!this.#lines.accept(node)) return false;
    this.#draw();
    return true;
  }

  async #draw(): Promise<void> {
    if (this.node.open || this.#isAsked) return;
    this.#isAsked = true;
    const source = this.node.lines.join("\n");
    if (source.trim() === "") return;
    const renderer = await this.#drawing.addons.diagrams();
    if (renderer === null) return;
    const isDark = isLight(getComputedStyle(this.dom).color);
    try {
      const diagram = await renderer.render(source, isDark);
      this.#later(() => this.#show(diagram, isDark));
    } catch (error) {
      this.#later(() => this.#complain((error as Error).message));
    }
  }

  #later(change: () => void): void {
    this.#drawing.later(() => {
      change();
      return false;
    });
  }

  #show({ src, width, height }: Diagram, isDark: boolean): void {
    const drawing = this.#drawing;
    const size = { width: String(width), height: String(height) };
    const picture = drawing.element("img", { alt: "Diagram. Its source follows.", src, ...size, "data-dark": isDark });
    const source = drawing.element("details", {}, drawing.element("summary", {}, "Source"), this.#lines.dom);
    this.dom.replaceChildren(picture, source);
  }

  #complain(message: string): void {
    const reason = (message.split("\n", 1)[0] ?? "").replace(/[\s:]+$/, "");
    const text = `This diagram cannot be drawn${reason === "" ? "" : `: ${reason}`}`;
    this.dom.append(this.#drawing.element("div", { class: "sc-diagram-fault" }, text));
  }

  tip(): Element | null {
    return this.#lines.tip();
  }

  remove(): void {
    this.dom.remove();
  }
}

/** Whether text of this colour stands on a dark ground. */
function isLight(color: string): boolean {
  const [red = 0, green = 0, blue = 0] = (/^rgba?\(([^)]*)\)/.exec(color)?.[1] ?? "").split(/[\s,/]+/).map(Number);
  return red * 0.299 + green * 0.587 + blue * 0.114 > 140;
}
