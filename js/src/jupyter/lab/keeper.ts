/** Keeps a notebook's answers: writes them into its outputs, so that what is saved is what is shown. */

import { type Handle, shared } from "../handles.js";
import { sharedOutputsOf } from "../private.js";
import type { NotebookPanel, OutputAreaModel, OutputModel, SharedList, SharedMap } from "./jupyterlab.js";
import { ANSWER, type Output, othersIn, outputOf, readOutput, type Saved, WIDGET } from "./output.js";
import { addOutput, addShelf, forget, isSomewhere, recall, wordsOf } from "./places.js";

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
  /** The output in the document that is saved, and that other pages may share. */
  readonly entry: SharedMap | null;
}

export class Keeper {
  readonly #panel: NotebookPanel;
  readonly #watched = new Map<string, number>();
  readonly #keptAt = new Map<string, number>();
  readonly #connected = new Set<() => void>();
  #kernel: string | null = null;

  constructor(panel: NotebookPanel) {
    this.#panel = panel;
    addShelf(this);
    panel.context.saveState.connect((_context, state) => {
      if (state === "started") this.keep();
    });
    panel.context.model.metadataChanged.connect((_model, { key }) => {
      if (key === "widgets") this.#leaveOutState();
    });
    panel.disposed?.connect(() => this.#leave());
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
      // Without a kernel, as when it is closed, the notebook is still the one of its last.
      this.#kernel = newValue?.id ?? this.#kernel;
    });
  }

  get isDisposed(): boolean {
    return this.#panel.isDisposed || this.#panel.context.isDisposed;
  }

  /** Whether one of the notebook's outputs is this cell's. */
  holds(key: string): boolean {
    return this.#places().some((place) => keyAt(place) === key);
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
    this.#watched.set(key, (this.#watched.get(key) ?? 0) + 1);
    const unsubscribe = handle.subscribe(() => {
      const now = performance.now();
      if (!handle.ended() && now - (this.#keptAt.get(key) ?? 0) < OFTEN) return;
      this.#keptAt.set(key, now);
      this.keep();
    });
    return () => {
      unsubscribe();
      const left = (this.#watched.get(key) ?? 0) - 1;
      if (left > 0) this.#watched.set(key, left);
      else this.#watched.delete(key);
    };
  }

  /** An output of the cell has gone. Where it was the last one in the page and was deleted, the answer's stream ends. */
  unwatch(key: string): void {
    if (this.isDisposed) return; // a notebook that is closed deletes nothing
    // Until that is decided, nobody else may decide that it stands nowhere: it would not be forgotten then.
    const decide = addOutput(key);
    setTimeout(() => {
      decide();
      if (this.isDisposed || isSomewhere(key)) return;
      this.#keptAt.delete(key);
      forget(key);
    }, PATIENCE);
  }

  /**
   * The notebook was closed. Its widgets' manager closes no model, and a notebook that is opened again has another one:
   * nobody else lets go of cells that nothing shows any more.
   */
  #leave(): void {
    setTimeout(() => {
      for (const [key, handle] of shared().cells) {
        if (handle.kernel === this.#kernel && this.#kernel !== null && !isSomewhere(key)) handle.leave?.();
      }
    }, PATIENCE);
  }

  /** Write what has changed into the notebook. */
  keep(): void {
    for (const place of this.#places()) {
      const before = outputAt(place);
      const known = readOutput(before);
      const output = (known && this.#output(known, before)) ?? withoutWidget(before);
      if (output !== null && !isSame(before, output)) write(place, output);
    }
  }

  /** What the answer says now; null where nobody knows more than the notebook. */
  #output(known: Saved, before: Output): Output | null {
    const { key, modelId } = known;
    const handle = shared().cells.get(key);
    // A copy of the notebook with a kernel of its own holds an answer of its own.
    const said = handle ? (this.#isHere(handle) ? wordsOf(handle) : null) : recall(known);
    if (!said) return null;
    // Until the kernel has said them to this page, the other versions and the Markdown of the same answer stay.
    const output = outputOf({ ...said, others: said.others ?? othersIn(before) }, key, modelId);
    return said.markdown === null && isSameAnswer(before, output) ? withMarkdownOf(before, output) : output;
  }

  #isHere({ kernel }: Handle): boolean {
    return !kernel || this.#kernel === null || kernel === this.#kernel;
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
    const keys = new Set([...this.#watched.keys(), ...this.#places().map(keyAt)]);
    for (const [key, handle] of shared().cells) {
      // An Output or a box may show it, which is none of the notebook's outputs.
      const inside = [...(handle.views ?? [])].some((view) => this.#panel.node?.contains(view));
      if ((keys.has(key) || inside) && this.#isHere(handle)) handle.gone();
    }
    this.keep();
  }

  #places(): Place[] {
    const { cells } = this.#panel.context.model;
    const places: Place[] = [];
    for (let at = 0; at < cells.length; at += 1) {
      const cell = cells.get(at);
      const { outputs } = cell;
      const list = sharedOutputsOf(cell);
      for (let index = 0; outputs && index < outputs.length; index += 1) {
        const output = outputs.get(index);
        if (ANSWER in output.data) places.push({ outputs, index, output, entry: entryAt(list, outputs, index) });
      }
    }
    return places;
  }
}

/** Null where this JupyterLab keeps outputs otherwise, or the two lists are not of one moment. */
function entryAt(list: SharedList | undefined, { length }: OutputAreaModel, index: number): SharedMap | null {
  const entry = list?.length === length ? list.get(index) : undefined;
  const data = entry?.get && entry.set ? entry.get("data") : undefined;
  return typeof data === "object" && data !== null && ANSWER in data ? (entry as SharedMap) : null;
}

type Data = Readonly<Record<string, unknown>>;

const outputAt = ({ entry, output }: Place): Output =>
  entry
    ? { data: entry.get("data") as Data, metadata: (entry.get("metadata") as Data | undefined) ?? {} }
    : { data: output.data, metadata: output.metadata };

const keyAt = (place: Place): string | null => readOutput(outputAt(place))?.key ?? null;

/**
 * In the shared document an output is changed in its place, and JupyterLab's model of it is left alone. It would take the
 * output out and put another in: where two people have the notebook open, and both pages do so at once, two outputs stay,
 * and then four. What is saved, copied, cut and undone is the document.
 */
function write({ outputs, index, output, entry }: Place, { data, metadata }: Output): void {
  if (entry) {
    entry.set("data", data);
    entry.set("metadata", metadata);
  } else outputs.set(index, { ...output.toJSON(), data, metadata });
}

/** Where no cell stands behind it, the output stays as it is, but for the widget that no reader would find. */
function withoutWidget({ data, metadata }: Output): Output | null {
  if (!(WIDGET in data)) return null;
  const { [WIDGET]: _widget, ...rest } = data;
  return { data: rest, metadata };
}

const isSame = (before: Output, now: Output): boolean =>
  hasSame(before.data, now.data) && hasSame(before.metadata, now.metadata);

function hasSame(before: Data, now: Data): boolean {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].every((name) => JSON.stringify(before[name]) === JSON.stringify(now[name]));
}

const isSameAnswer = (before: Output, { data }: Output): boolean =>
  [ANSWER, "text/plain"].every((name) => JSON.stringify(before.data[name]) === JSON.stringify(data[name]));

const withMarkdownOf = (before: Output, { data, metadata }: Output): Output => ({
  data: { ...data, "text/markdown": before.data["text/markdown"] },
  metadata,
});

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
