/** Inline and display math: a placeholder until the formula is complete and the addon is loaded, then typeset. */

import type { Formula, Node as TreeNode } from "../markdown/tree.js";
import * as words from "../words.js";
import type { MathRenderer } from "./addons.js";
import type { Drawing, Mounted } from "./drawing.js";
import { scrolls } from "./element.js";
import type { Kind } from "./inlines.js";

/** Fill `target`, which is marked as a placeholder, as soon as possible. */
function typeset(drawing: Drawing, tex: string, display: boolean, target: HTMLElement): void {
  const show = (math: MathRenderer | null) => {
    target.removeAttribute("data-pending");
    target.setAttribute("data-tex", tex); // what a copy takes
    try {
      if (math === null) showSource(drawing, tex, target);
      else math.render(tex, display, target);
    } catch {
      // The TeX cannot be typeset: the source shows best what is wrong.
      showSource(drawing, tex, target);
    }
  };
  const math = drawing.addons.math();
  if (math === null || !("then" in math)) show(math);
  else {
    math.then((loaded) =>
      drawing.later(() => {
        show(loaded);
        return false;
      }),
    );
  }
}

function showSource(drawing: Drawing, tex: string, target: HTMLElement): void {
  target.replaceChildren(drawing.element("code", { class: "sc-tex" }, tex));
}

export class MountedMath implements Mounted {
  node: Kind<"math">;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;

  constructor(drawing: Drawing, node: Kind<"math">) {
    this.#drawing = drawing;
    this.node = node;
    const alone = node.display ? scrolls(words.FORMULA) : {};
    this.dom = drawing.element("span", {
      class: "sc-math",
      "data-display": node.display,
      "data-pending": true,
      ...alone,
    });
    if (!node.open) typeset(drawing, node.text, node.display, this.dom);
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    if (node === this.node) return true;
    if (node.kind !== "math" || node.display !== this.node.display) return false;
    if (!this.node.open && (node.open || node.text !== this.node.text)) return false;
    const closes = this.node.open && !node.open;
    this.node = node;
    if (closes) typeset(this.#drawing, node.text, node.display, this.dom);
    return true;
  }

  tip(): null {
    return null;
  }

  remove(): void {
    this.dom.remove();
  }
}

export class MountedFormula implements Mounted {
  readonly node: Formula;
  readonly dom: HTMLElement;
  readonly #drawing: Drawing;
  #shown = false;

  constructor(drawing: Drawing, node: Formula) {
    this.#drawing = drawing;
    this.node = node;
    this.dom = drawing.element("div", { class: "sc-formula", "data-pending": true, ...scrolls(words.FORMULA) });
    this.#update();
  }

  get first(): HTMLElement {
    return this.dom;
  }

  accept(node: TreeNode): boolean {
    if (node !== this.node) return false;
    this.#update();
    return true;
  }

  #update(): void {
    if (this.node.open || this.#shown) return;
    this.#shown = true;
    typeset(this.#drawing, this.node.text, true, this.dom);
  }

  tip(): Element | null {
    return this.node.open ? this.dom : null;
  }

  remove(): void {
    this.dom.remove();
  }
}
