/** What shows answers where no widget does: the same view, over a saved document or a comm of its own. */

import { FetchedParts } from "../../addons/fetched.js";
import { browserClock, browserPage } from "../../cell/page.js";
import { View } from "../../cell/view.js";
import type { Doc } from "../../wire/protocol.js";
import { type State, saved } from "../../wire/store.js";
import { type Cell, Connection } from "../connection.js";
import type { Bridge } from "./bridge.js";

/** One answer in the page. */
export interface Shown {
  /** Show another document; a live answer sees to itself. */
  update(doc: Doc): void;
  dispose(): void;
}

export interface ViewPart {
  showSaved(target: HTMLElement, doc: Doc): Shown;
  /** Hand over the answer as soon as its cell has said where it is. */
  showLive(target: HTMLElement, bridge: Bridge, here: (shown: Shown) => void): void;
}

/** Parts lie beside this module, on the server that JupyterLab comes from. */
async function fetchPart(name: string): Promise<string | null> {
  const response = await fetch(new URL(`parts/${name}.js`, import.meta.url));
  return response.ok ? response.text() : null;
}

const page = browserPage(new FetchedParts(fetchPart));

/** A cell that only changes when the notebook does. */
class SavedCell implements Cell {
  state: State;
  readonly #listeners = new Set<(state: State) => void>();

  constructor(doc: Doc) {
    this.state = saved(doc);
  }

  subscribe(listener: (state: State) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  press(): void {}

  update(doc: Doc): void {
    this.state = saved(doc);
    for (const listener of this.#listeners) listener(this.state);
  }
}

export function showSaved(target: HTMLElement, doc: Doc): Shown {
  const cell = new SavedCell(doc);
  const view = new View(target, cell, page);
  return { update: (changed) => cell.update(changed), dispose: () => view.dispose() };
}

export function showLive(target: HTMLElement, bridge: Bridge, here: (shown: Shown) => void): void {
  const connection = new Connection(bridge, browserClock);
  const unsubscribe = connection.subscribe(({ synced, gone }) => {
    if (!synced) return;
    unsubscribe();
    // Another kernel than the one that it came from: the saved answer stays.
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
