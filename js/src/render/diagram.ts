/** Diagrams: the source while it streams, then a picture of it, with the source in a fold. */

import type { Pre, Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
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
    try {
      const diagram = await renderer.render(source, this.dom);
      this.#later(() => this.#show(diagram));
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

  #show({ src, width, height, dark }: Diagram): void {
    const drawing = this.#drawing;
    const size = { width: String(width), height: String(height) };
    const picture = drawing.element("img", { alt: words.DIAGRAM, src, ...size, "data-dark": dark });
    const source = drawing.element("details", {}, drawing.element("summary", {}, words.SOURCE), this.#lines.dom);
    this.dom.replaceChildren(picture, source);
  }

  #complain(message: string): void {
    const text = words.diagramFault(message);
    this.dom.append(this.#drawing.element("div", { class: "sc-diagram-fault" }, text));
  }

  tip(): Element | null {
    return this.#lines.tip();
  }

  remove(): void {
    this.dom.remove();
  }
}
