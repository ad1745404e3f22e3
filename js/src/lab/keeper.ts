/** Keeps a notebook's answers: writes them into its outputs, so that what is saved is what is shown. */

import { shared } from "../handles.js";
import type { NotebookPanel, OutputAreaModel, OutputModel } from "./jupyterlab.js";
import { ANSWER, bundleOf, readBundle, WIDGET } from "./output.js";

/** Milliseconds between two writings of an answer that streams: what a save, or a crash, may find. */
const OFTEN = 15_000;

/** Milliseconds after which an output that has gone is taken for deleted: cells are moved, cut and pasted too. */
const PATIENCE = 3000;

/** After these the kernel knows nothing of what it knew before. */
const ENDS: ReadonlySet<string> = new Set(["restarting", "autorestarting", "dead", "terminating"]);

const STATE = "application/vnd.jupyter.widget-state+json";

interface Place {
  readonly outputs: OutputAreaModel;
  readonly index: number;
  readonly output: OutputModel;
}

export class Keeper {
  readonly #panel: NotebookPanel;
  readonly #keptAt = new Map<string, number>();
  readonly #connected = new Set<() => void>();
  #kernel: string | null = null;

  constructor(panel: NotebookPanel) {
    this.#panel = panel;
    panel.context.saveState.connect((_context, state) => {
      if (state === "started") this.keep();
    });
    panel.context.model.metadataChanged.connect((_model, { key }) => {
      if (key === "widgets") this.#leaveOutState();
    });
    const { sessionContext } = panel;
    this.#kernel = sessionContext.session?.kernel?.id ?? null;
    sessionContext.statusChanged.connect((_session, status) => {
      if (ENDS.has(status)) this.#gone();
    });
    sessionContext.connectionStatusChanged.connect((_session, status) => {
      if (status === "connected") for (const listener of [...this.#connected]) listener();
    });
    sessionContext.kernelChanged.connect((_session, { newValue }) => {
      if (this.#kernel !== null && newValue?.id !== this.#kernel) this.#gone();
      this.#kernel = newValue?.id ?? null;
    });
  }

  /** Call `listener` whenever a kernel is there, anew or again; the returned function ends that. */
  onConnected(listener: () => void): () => void {
    this.#connected.add(listener);
    return () => this.#connected.delete(listener);
  }

  /** A view of the cell is in the page: keep what it shows from now on. The returned function ends that. */
  watch(key: string): () => void {
    const handle = shared().cells.get(key);
    if (!handle) return () => {};
    this.keep();
    return handle.subscribe(() => {
      const now = performance.now();
      if (!handle.ended() && now - (this.#keptAt.get(key) ?? 0) < OFTEN) return;
      this.#keptAt.set(key, now);
      this.keep();
    });
  }

  /** A view of the cell has gone. Where that was because its output was deleted, so is the answer's stream. */
  unwatch(key: string): void {
    setTimeout(() => {
      const { context } = this.#panel;
      if (this.#panel.isDisposed || context.isDisposed || this.#places().some((place) => keyAt(place) === key)) return;
      this.#keptAt.delete(key);
      shared().cells.get(key)?.forget();
    }, PATIENCE);
  }

  /** Write what has changed into the notebook. */
  keep(): void {
    for (const { outputs, index, output } of this.#places()) {
      const known = readBundle(output.data);
      const handle = known && shared().cells.get(known.key);
      const bundle = known && handle ? bundleOf(handle.document(), known.key, known.modelId) : withoutWidget(output);
      if (bundle === null || isSame(output, bundle)) continue;
      outputs.set(index, { ...output.toJSON(), data: bundle, metadata: {} });
    }
  }

  /**
   * Where the user has widgets' state saved, the manager puts it in when it hears of the saving. Ours would bring the
   * front end into the notebook, and the answers are in the outputs; other widgets' state stays.
   */
  #leaveOutState(): void {
    const { model } = this.#panel.context;
    const widgets = model.getMetadata("widgets") as Record<string, unknown> | undefined;
    const saved = widgets?.[STATE] as { state?: Record<string, WidgetState> } | undefined;
    if (!widgets || !saved?.state) return;
    const others = withoutOurs(saved.state);
    if (Object.keys(others).length === Object.keys(saved.state).length) return;
    if (Object.keys(others).length === 0) model.deleteMetadata("widgets");
    else model.setMetadata("widgets", { ...widgets, [STATE]: { ...saved, state: others } });
  }

  #gone(): void {
    for (const place of this.#places()) {
      const key = keyAt(place);
      if (key !== null) shared().cells.get(key)?.gone();
    }
    this.keep();
  }

  #places(): Place[] {
    const { cells } = this.#panel.context.model;
    const places: Place[] = [];
    for (let at = 0; at < cells.length; at += 1) {
      const { outputs } = cells.get(at);
      for (let index = 0; outputs && index < outputs.length; index += 1) {
        const output = outputs.get(index);
        if (ANSWER in output.data) places.push({ outputs, index, output });
      }
    }
    return places;
  }
}

const keyAt = ({ output }: Place): string | null => readBundle(output.data)?.key ?? null;

/** Where no cell stands behind it, the output stays as it is, but for the widget that no reader would find. */
function withoutWidget(output: OutputModel): Record<string, unknown> | null {
  if (!(WIDGET in output.data)) return null;
  const { [WIDGET]: _widget, ...rest } = output.data;
  return rest;
}

function isSame({ data }: OutputModel, bundle: Readonly<Record<string, unknown>>): boolean {
  const names = new Set([...Object.keys(data), ...Object.keys(bundle)]);
  return [...names].every((name) => JSON.stringify(data[name]) === JSON.stringify(bundle[name]));
}

interface WidgetState {
  readonly state?: Readonly<Record<string, unknown>>;
}

/** A cell's layout belongs to it alone, and so does the widget that holds the front end. */
function withoutOurs(models: Readonly<Record<string, WidgetState>>): Record<string, WidgetState> {
  const referenced = new Set<unknown>();
  const ours = new Set<string>();
  for (const [id, { state }] of Object.entries(models)) {
    if (typeof state?._key !== "string" || typeof state?._bundle !== "string") continue;
    ours.add(id);
    referenced.add(state.layout).add(state._bundle);
  }
  const stays = (id: string) => !ours.has(id) && !referenced.has(`IPY_MODEL_${id}`);
  return Object.fromEntries(Object.entries(models).filter(([id]) => stays(id)));
}
