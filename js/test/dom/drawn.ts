/** A drawn text, and a layout that the test lays out itself. */

import { Engine } from "../../src/markdown/engine.js";
import { type Addons, NO_ADDONS } from "../../src/render/addons.js";
import type { Box, Layout } from "../../src/render/layout.js";
import { Renderer } from "../../src/render/render.js";

/** Characters in a line, and the size of one. */
export const LINE = 50;
const WIDTH = 8;
const HEIGHT = 20;

/** Each character is as wide as any other, and lines end where they are full. */
export class FakeLayout implements Layout {
  /** Whether anything is laid out; in a hidden view nothing is. */
  visible = true;
  /** How often the layout was read. */
  reads = 0;
  readonly frames: (() => void)[] = [];
  readonly #watchers = new Set<() => void>();

  height(): number {
    this.reads += 1;
    return this.visible ? 100 : 0;
  }

  widths(parent: Element): number[] {
    this.reads += 1;
    return Array.from(parent.children, (_, index) => (this.visible ? 30 + index : 0));
  }

  top(text: Text, offset: number): number | null {
    this.reads += 1;
    const at = this.#at(text) + offset;
    const isSpaceAtEnd = text.data[offset] === " " && (at + 1) % LINE === 0;
    return this.visible && !isSpaceAtEnd ? Math.floor(at / LINE) * HEIGHT : null;
  }

  boxes(node: ChildNode): readonly Box[] {
    this.reads += 1;
    const begin = this.#at(node);
    const end = begin + (node.textContent?.length ?? 0);
    const found: Box[] = [];
    for (let at = begin; this.visible && at < end; at = (Math.floor(at / LINE) + 1) * LINE) {
      const column = at % LINE;
      const until = Math.min(LINE, column + end - at);
      found.push({ left: column * WIDTH, right: until * WIDTH, top: Math.floor(at / LINE) * HEIGHT });
    }
    return found;
  }

  /** How many characters of its paragraph stand before `node`. */
  #at(node: ChildNode): number {
    let before = 0;
    for (let each: ChildNode = node; each.nodeName !== "P"; each = each.parentElement as Element) {
      for (let other = each.previousSibling; other; other = other.previousSibling) {
        before += other.textContent?.length ?? 0;
      }
    }
    return before;
  }

  onWidth(_: Element, changed: () => void): () => void {
    this.#watchers.add(changed);
    return () => this.#watchers.delete(changed);
  }

  /** Who watches the width. */
  get watched(): number {
    return this.#watchers.size;
  }

  resize(): void {
    for (const changed of this.#watchers) changed();
  }

  frame(callback?: () => void): void {
    if (callback) this.frames.push(callback);
    else for (const each of this.frames.splice(0)) each();
  }
}

export class Drawn {
  readonly root = document.createElement("div");
  readonly layout = new FakeLayout();
  readonly renderer: Renderer;
  engine = new Engine();

  constructor(addons: Addons = NO_ADDONS) {
    this.renderer = new Renderer(this.root, "p", addons, this.layout);
    document.body.replaceChildren(this.root);
    this.update();
  }

  /** More of the text, `size` characters at a time. */
  push(text: string, size = Number.POSITIVE_INFINITY): void {
    for (let at = 0; at < text.length; at += size) {
      this.engine.push(text.slice(at, Math.min(text.length, at + size)));
      this.update();
    }
  }

  end(): void {
    this.engine.end();
    this.update();
  }

  update(): void {
    this.renderer.update(this.engine.document, this.engine.takeLate());
  }

  /** Another text, whole. */
  show(text: string): void {
    this.renderer.reset();
    this.engine = new Engine();
    this.push(text);
    this.end();
  }

  get<E extends Element = HTMLElement>(selector: string): E {
    const found = this.root.querySelector<E>(selector);
    if (!found) throw new Error(`no ${selector}`);
    return found;
  }

  all(selector: string): HTMLElement[] {
    return [...this.root.querySelectorAll<HTMLElement>(selector)];
  }

  /** What a page shows that did not see the text grow. */
  fresh(): unknown {
    const other = document.createElement("div");
    new Renderer(other, "p", NO_ADDONS, new FakeLayout()).update(this.engine.document, []);
    return seen(other);
  }
}

/** The tree below `node`, whatever the order of attributes, and however its text is cut into nodes. */
export function seen(node: Node): unknown {
  if (!(node instanceof Element)) return node.textContent;
  const children: unknown[] = [];
  for (const child of [...node.childNodes].map(seen)) {
    if (child === "") continue;
    const last = children.at(-1);
    if (typeof child === "string" && typeof last === "string") children[children.length - 1] = last + child;
    else children.push(child);
  }
  return [node.tagName, Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value])), children];
}

/** All that changes below `root` from now on. */
export function watch(root: Node): () => MutationRecord[] {
  const observer = new MutationObserver(() => {});
  observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
  return () => observer.takeRecords();
}
