/** Shows answers without a widget: the same view, on a saved document or on a bridge's comm. */

import { FetchedAddons } from "../../addons/fetched.js";
import { browserClock, browserPage } from "../../cell/page.js";
import { View } from "../../cell/view.js";
import type { Answers, Place } from "../../render/addons.js";
import { type Command, type Doc, textOf } from "../../wire/protocol.js";
import { type State, saved } from "../../wire/store.js";
import { type Cell, Connection } from "../connection.js";
import { drawGroup } from "../group.js";
import type { Bridge } from "./bridge.js";
import type { SavedGroup, SavedPlace } from "./joined.js";
import type { Saved } from "./output.js";

/** An answer as it was saved: the shown version, and the others. */
type Answer = Pick<Saved, "doc" | "others">;

type Content = Answer | Pick<SavedGroup, "addon" | "state" | "places">;

/** One answer in the page. */
export interface Shown {
  /** Show another answer; a live one updates itself and ignores this. */
  update(content: Content): void;
  dispose(): void;
}

export interface ViewModule {
  showSaved(target: HTMLElement, content: Content): Shown;
  /** Call `here` with the answer as soon as its cell has replied. */
  showLive(target: HTMLElement, bridge: Bridge, here: (shown: Shown) => void): void;
}

/** Addons are beside this module, on JupyterLab's server. */
async function fetchAddon(name: string): Promise<string | null> {
  const response = await fetch(new URL(`addons/${name}.js`, import.meta.url));
  return response.ok ? response.text() : null;
}

const page = browserPage(new FetchedAddons(fetchAddon));

/** A cell that only changes when the notebook does, or when another of the saved versions is chosen. */
class SavedCell implements Cell {
  state: State;
  #versions: readonly Doc[] = [];
  readonly #listeners = new Set<(state: State) => void>();

  constructor(answer: Answer) {
    this.state = this.#read(answer);
  }

  #read({ doc, others }: Answer): State {
    this.#versions = [...others, doc];
    return saved(doc, others.length > 0 && others.length === doc.versions - 1);
  }

  #become(state: State): void {
    this.state = state;
    for (const listener of this.#listeners) listener(state);
  }

  subscribe(listener: (state: State) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  press(command: Command): void {
    if ((command.type !== "select" && command.type !== "fetch") || !this.state.selectable) return;
    const chosen = this.#versions.find(({ version }) => version === command.version);
    if (!chosen) return;
    if (command.type === "select") this.#become({ ...saved(chosen, true), read: this.state.read });
    else this.#become({ ...this.state, read: new Map([...this.state.read, [command.version, textOf(chosen)]]) });
  }

  update(answer: Answer): void {
    this.#become(this.#read(answer));
  }
}

export function showSaved(target: HTMLElement, content: Content): Shown {
  if ("places" in content) return showGroup(target, content);
  const cell = new SavedCell(content);
  const view = new View(target, cell, page);
  return {
    update: (changed) => {
      if ("doc" in changed) cell.update(changed);
    },
    dispose: () => view.dispose(),
  };
}

type GroupContent = Extract<Content, { places: unknown }>;

/** Several answers that were saved in one output, as their layout gets them. */
class SavedGroupOf implements Answers {
  readonly page = page;
  readonly live = false;
  readonly #listeners = new Set<() => void>();
  readonly #cells = new Map<string, SavedCell>();
  state: GroupContent["state"] = {};
  places: readonly Place[] = [];

  constructor(content: GroupContent) {
    this.update(content);
  }

  update({ state, places }: GroupContent): void {
    this.state = state;
    this.places = places.map((place, index) => this.#place(place, index));
    for (const listener of [...this.#listeners]) listener();
  }

  #place({ plain, hidden, about, saved }: SavedPlace, index: number): Place {
    // A tool may have lost the metadata with the keys.
    const key = saved ? saved.key || String(index) : "";
    const cell = this.#cells.get(key);
    if (saved && cell) cell.update(saved);
    else if (saved) this.#cells.set(key, new SavedCell(saved));
    return { key, plain, hidden, about, markdown: "" };
  }

  doc(key: string): Doc | null {
    return this.#cells.get(key)?.state.doc ?? null;
  }

  mount(target: HTMLElement, key: string): () => void {
    const cell = this.#cells.get(key);
    const view = cell && new View(target, cell, page);
    return () => view?.dispose();
  }

  press(key: string, command: Command): void {
    this.#cells.get(key)?.press(command);
  }

  send(): boolean {
    return false;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function showGroup(target: HTMLElement, content: GroupContent): Shown {
  const group = new SavedGroupOf(content);
  const erase = drawGroup(target, group, content.addon);
  return {
    update: (changed) => {
      if ("places" in changed) group.update(changed);
    },
    dispose: erase,
  };
}

export function showLive(target: HTMLElement, bridge: Bridge, here: (shown: Shown) => void): void {
  const connection = new Connection(bridge, browserClock);
  const unsubscribe = connection.subscribe(({ synced, gone }) => {
    if (!synced) return;
    unsubscribe();
    // This kernel does not have the cell: the saved answer stays.
    if (gone !== null) return connection.dispose();
    const view = new View(target, connection, page);
    here({
      update: () => {},
      dispose: () => {
        view.dispose();
        connection.dispose();
      },
    });
  });
  bridge.onClosed = () => connection.gone();
}
