/** One answer in the page, as the widget shows it: engine, renderer, style sheet. */

import { injectStyle } from "../../src/cell/style.js";
import type { Dialect } from "../../src/markdown/dialect.js";
import { Engine } from "../../src/markdown/engine.js";
import type { Leaf } from "../../src/markdown/tree.js";
import { Renderer } from "../../src/render/render.js";
import { ADDONS } from "./addons.js";

export class Answer {
  readonly engine: Engine;
  /** What the renderer draws in. */
  readonly root: HTMLElement;
  readonly prefix: string;
  /** The closed leaves that the last update was told of. */
  late: readonly Leaf[] = [];
  readonly #view: HTMLElement;
  readonly #renderer: Renderer;
  static #count = 0;

  constructor(dialect: Partial<Dialect> = {}) {
    Answer.#count += 1;
    this.engine = new Engine(dialect);
    this.prefix = `sc-${Answer.#count}`;
    this.#view = document.createElement("div");
    this.#view.className = "streamcell";
    this.root = document.createElement("div");
    this.root.className = "sc-answer";
    this.#view.append(this.root);
    document.body.append(this.#view);
    this.#renderer = new Renderer(this.root, this.prefix, ADDONS);
  }

  /** DOM nodes, as the renderer counts them. */
  get created(): number {
    return this.#renderer.created;
  }

  push(text: string): void {
    this.engine.push(text);
    this.#update();
  }

  end(): void {
    this.engine.end();
    this.#update();
  }

  #update(): void {
    this.late = this.engine.takeLate();
    this.#renderer.update(this.engine.document, this.late);
  }

  remove(): void {
    this.#renderer.reset();
    this.#view.remove();
  }
}

/** The style sheet is the view's to bring. */
export function prepare(): void {
  injectStyle(document.body);
}
