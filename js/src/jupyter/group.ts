/** Several answers in one output: what their widget says, and their cells in this page. A layout, an addon, draws them. */

import type { Page } from "../cell/page.js";
import { injectStyle } from "../cell/style.js";
import { View } from "../cell/view.js";
import type { Answers, Layout, Place } from "../render/addons.js";
import { element } from "../render/element.js";
import { isRecord, read, type Shape } from "../wire/narrow.js";
import { type Command, type Doc, WIRE } from "../wire/protocol.js";
import { isOver } from "../wire/store.js";
import type { Connection, PageOfCell, WidgetModel } from "./connection.js";

/** The connections of this page by their cells' keys. Two notebooks on one kernel have one each for the same cell. */
export class Cells {
  readonly #all = new Map<string, readonly Connection[]>();
  readonly #listeners = new Set<() => void>();

  add(cell: Connection): () => void {
    this.#set(cell.key, [...(this.#all.get(cell.key) ?? []), cell]);
    return () => this.#set(cell.key, this.#all.get(cell.key)?.filter((other) => other !== cell) ?? []);
  }

  get(key: string): Connection | undefined {
    return this.#all.get(key)?.at(-1);
  }

  /** Call `listener` whenever a cell has come or gone. */
  watch(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(key: string, cells: readonly Connection[]): void {
    if (cells.length > 0) this.#all.set(key, cells);
    else this.#all.delete(key);
    for (const listener of [...this.#listeners]) listener();
  }
}

const PLACE: Shape = {
  key: ["string", ""],
  markdown: ["string", ""],
  plain: ["string", ""],
  hidden: ["boolean", false],
  about: ["record", {}],
};

export const readPlaces = (value: unknown): readonly Place[] => (read(["list", PLACE], value) ?? []) as Place[];

const CHANGES = ["change:_places", "change:_state"];

/** Whether the widget is a group of cells, and not one cell. */
export const isGroup = (model: WidgetModel): boolean => typeof model.get("_addon") === "string";

export class Group implements Answers {
  readonly page: Page;
  readonly #model: WidgetModel;
  readonly #cells: Cells;
  readonly #around: PageOfCell;
  readonly #listeners = new Set<(message?: Record<string, unknown>) => void>();
  readonly #unwatch: () => void;
  #heard: (() => void)[] = [];
  #live = true;
  /** The places as they were read last, and from what: this is asked for at each change of each cell. */
  #places = { of: null as unknown, read: [] as readonly Place[] };

  constructor(model: WidgetModel, cells: Cells, page: Page, around: PageOfCell) {
    this.page = page;
    this.#model = model;
    this.#cells = cells;
    this.#around = around;
    for (const change of CHANGES) model.on(change, this.#changed);
    model.on("msg:custom", this.#onMessage);
    this.#unwatch = cells.watch(this.#changed);
    this.#changed();
    this.send({ type: "hello", wire: WIRE, keeps: around.keeps() });
  }

  get key(): string {
    return String(this.#model.get("_key"));
  }

  get addon(): string {
    return String(this.#model.get("_addon"));
  }

  get state(): Record<string, unknown> {
    const state = this.#model.get("_state");
    return isRecord(state) ? state : {};
  }

  get places(): readonly Place[] {
    const value = this.#model.get("_places");
    if (this.#places.of !== value) this.#places = { of: value, read: readPlaces(value) };
    return this.#places.read;
  }

  get live(): boolean {
    return this.#live;
  }

  /** What the notebook saves, besides the answers. */
  get content() {
    return { addon: this.addon, state: this.state, places: this.places };
  }

  /** Whether nothing more will come, unless the user asks for it. */
  get over(): boolean {
    return this.places.every(({ key }) => isOver(this.#cells.get(key)?.state ?? OVER));
  }

  doc(key: string): Doc | null {
    return this.#cells.get(key)?.state.doc ?? null;
  }

  press(key: string, command: Command): void {
    this.#cells.get(key)?.press(command);
  }

  mount(target: HTMLElement, key: string): () => void {
    let shown: Connection | undefined;
    let view: View | undefined;
    const draw = () => {
      const cell = this.#cells.get(key);
      if (cell === shown) return;
      view?.dispose();
      shown = cell;
      view = cell && new View(target, cell, this.page);
    };
    const end = this.#cells.watch(draw);
    draw();
    return () => {
      end();
      view?.dispose();
    };
  }

  send(command: Readonly<Record<string, unknown>>): boolean {
    try {
      if (this.#live) this.#model.send(command);
      return this.#live;
    } catch {
      return false; // the kernel is gone
    }
  }

  subscribe(listener: (message?: Record<string, unknown>) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** Note that the kernel has ended. */
  gone(): void {
    this.#live = false;
    this.#tell();
  }

  dispose(): void {
    for (const change of CHANGES) this.#model.off(change, this.#changed);
    this.#model.off("msg:custom", this.#onMessage);
    this.#unwatch();
    for (const end of this.#heard) end();
    this.#listeners.clear();
  }

  #tell(message?: Record<string, unknown>): void {
    for (const listener of [...this.#listeners]) listener(message);
  }

  readonly #changed = (): void => {
    for (const end of this.#heard) end();
    this.#heard = this.places.flatMap(({ key }) => this.#cells.get(key)?.subscribe(() => this.#tell()) ?? []);
    this.#tell();
  };

  readonly #onMessage = (message: unknown): void => {
    if (!isRecord(message)) return;
    if (message.type === "wanted" && this.#around.shows()) this.send({ type: "hello", wire: WIRE, shows: true });
    this.#tell(message);
  };
}

const OVER = { gone: "kernel" } as Connection["state"];

/** Draw several answers by their layout; the answers alone, one below the other, if there is none or it cannot come. */
export function drawGroup(target: HTMLElement, answers: Answers, addon: string): () => void {
  let end = () => {};
  let over = false;
  const draw = (layout: Layout | null) => {
    if (over) return;
    const root = element("div", { "data-streamcell": true, "data-streamcell-group": addon });
    target.append(root);
    injectStyle(root);
    const erase = (layout ?? PLAIN).draw(root, answers);
    end = () => {
      erase();
      root.remove();
    };
  };
  const layout = addon === "" ? null : answers.page.addons.layout(addon);
  if (layout instanceof Promise) void layout.then(draw);
  else draw(layout);
  return () => {
    over = true;
    end();
  };
}

const PLAIN: Layout = {
  draw(target, answers) {
    const shown = new Map<string, () => void>();
    const draw = () => {
      for (const { key } of answers.places) {
        if (key === "" || shown.has(key)) continue;
        const place = element("div");
        target.append(place);
        shown.set(key, answers.mount(place, key));
      }
    };
    draw();
    const end = answers.subscribe(draw);
    return () => {
      end();
      for (const erase of shown.values()) erase();
    };
  },
};
