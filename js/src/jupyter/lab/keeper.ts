/** Writes a notebook's answers into its outputs, so that what is saved is what is shown. */

import { EMPTY } from "../../wire/narrow.js";
import { type Handle, shared } from "../handles.js";
import { sharedOutputsOf } from "../private.js";
import { ANSWERS, joined, readGroup, type SavedGroup } from "./joined.js";
import type { NotebookPanel, OutputAreaModel, OutputModel, SharedList, SharedMap } from "./jupyterlab.js";
import { ANSWER, type Output, othersIn, outputOf, readOutput, type Saved, WIDGET } from "./output.js";
import { addOutput, addShelf, contentOf, forget, isSomewhere, recall, wordsOf } from "./places.js";

/** Milliseconds between two writes of a streaming answer into the notebook. */
const OFTEN = 15_000;

/** Milliseconds after which a removed output counts as deleted: cells are also moved, cut and pasted. */
const PATIENCE = 3000;

/** Statuses after which the kernel has lost its state. */
const ENDS: ReadonlySet<string> = new Set(["restarting", "autorestarting", "dead", "terminating"]);

const STATE = "application/vnd.jupyter.widget-state+json";

interface Place {
  readonly outputs: OutputAreaModel;
  readonly index: number;
  readonly output: OutputModel;
  /** The output in the shared document, which is saved and which other pages may have open. */
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
      // Without a kernel, as after a shutdown, the notebook still belongs to its last one.
      this.#kernel = newValue?.id ?? this.#kernel;
    });
  }

  get isDisposed(): boolean {
    return this.#panel.isDisposed || this.#panel.context.isDisposed;
  }

  /** Whether one of the notebook's outputs shows this cell. */
  holds(key: string): boolean {
    return this.#places().some((place) => keyAt(place) === key);
  }

  /** Call `listener` whenever a kernel is connected or reconnected; the returned function ends that. */
  onConnected(listener: () => void): () => void {
    this.#connected.add(listener);
    return () => this.#connected.delete(listener);
  }

  /** Write what the cell shows from now on, because a view of it is in the page. The returned function ends that. */
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

  /** An output of the cell was removed. If it was the last one in the page, and was deleted, the answer is stopped. */
  unwatch(key: string): void {
    if (this.isDisposed) return; // a notebook that is closed deletes nothing
    // Until that is decided, the output counts as shown, so that nothing else decides it first.
    const decide = addOutput(key);
    setTimeout(() => {
      decide();
      if (this.isDisposed || isSomewhere(key)) return;
      this.#keptAt.delete(key);
      forget(key);
    }, PATIENCE);
  }

  /**
   * Release the cells that nothing shows any more, after the notebook was closed. Its widget manager does not close
   * their models, and a reopened notebook has a new manager.
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
      const output = this.#output(before) ?? withoutWidget(before);
      if (output !== null && !isSame(before, output)) write(place, output);
    }
  }

  /** The output for what is shown now; null if nothing newer than the notebook's is known. */
  #output(before: Output): Output | null {
    const group = readGroup(before);
    const known = readOutput(before);
    return group ? this.#joined(group) : known && this.#answer(known, before);
  }

  #joined({ key, modelId, places }: SavedGroup): Output | null {
    const handle = shared().cells.get(key);
    const content = handle && !this.#isHere(handle) ? null : contentOf(key);
    if (!content) return null;
    const before = new Map(places.flatMap(({ saved, output }) => (saved && output ? [[saved.key, output]] : [])));
    const outputs = content.places.flatMap(({ key: of }): [string, Output][] => {
      const saved = before.get(of) ?? { data: {}, metadata: {} };
      const output = of === "" ? null : (this.#answer(readOutput(saved) ?? unsaved(of), saved) ?? before.get(of));
      return output ? [[of, output]] : [];
    });
    return joined(content, new Map(outputs), key, modelId);
  }

  #answer(known: Saved, before: Output): Output | null {
    const { key, modelId } = known;
    const handle = shared().cells.get(key);
    // A copy of the notebook with its own kernel has its own answer.
    const said = handle ? (this.#isHere(handle) ? wordsOf(handle) : null) : recall(known);
    if (!said) return null;
    // Until the kernel has sent them to this page, the saved other versions and Markdown of the same answer are kept.
    const words = { ...said, others: said.others ?? othersIn(before) };
    if (words.markdown === null) {
      const output = outputOf({ ...words, markdown: markdownIn(before) }, key, modelId);
      if (isSameAnswer(before, output)) return output;
    }
    return outputOf(words, key, modelId);
  }

  #isHere({ kernel }: Handle): boolean {
    return !kernel || this.#kernel === null || kernel === this.#kernel;
  }

  /**
   * Remove our widgets from the widget state in the notebook, which the manager adds at saving if the user wants it.
   * Ours would put the front end into the notebook, and the answers are in the outputs. Other widgets' state stays.
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
    const shown = [...this.#watched.keys(), ...this.#places().map(keyAt)];
    const keys = new Set(
      shown.flatMap((key) => [key, ...(contentOf(key ?? "")?.places.map((place) => place.key) ?? [])]),
    );
    for (const [key, handle] of shared().cells) {
      // An Output widget or a box may show it, which is not one of the notebook's outputs.
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
        if (isOurs(output.data)) places.push({ outputs, index, output, entry: entryAt(list, outputs, index) });
      }
    }
    return places;
  }
}

/** Null if this JupyterLab stores outputs differently, or the two lists are out of step. */
function entryAt(list: SharedList | undefined, { length }: OutputAreaModel, index: number): SharedMap | null {
  const entry = list?.length === length ? list.get(index) : undefined;
  const data = entry?.get && entry.set ? entry.get("data") : undefined;
  return typeof data === "object" && data !== null && isOurs(data) ? (entry as SharedMap) : null;
}

const isOurs = (data: object): boolean => ANSWER in data || ANSWERS in data;

type Data = Readonly<Record<string, unknown>>;

const outputAt = ({ entry, output }: Place): Output =>
  entry
    ? { data: entry.get("data") as Data, metadata: (entry.get("metadata") as Data | undefined) ?? {} }
    : { data: output.data, metadata: output.metadata };

const keyAt = (place: Place): string | null => (readOutput(outputAt(place)) ?? readGroup(outputAt(place)))?.key ?? null;

/** An answer that the notebook does not have yet. */
const unsaved = (key: string): Saved => ({ key, modelId: null, doc: EMPTY, others: [] });

/**
 * Write an output. In the shared document it is changed in place, and not through JupyterLab's model, which would
 * remove the output and insert another. If two people had the notebook open and both pages did that at once, two
 * outputs would remain, and then four. Saving, copying, cutting and undoing all use the document.
 */
function write({ outputs, index, output, entry }: Place, { data, metadata }: Output): void {
  if (entry) {
    entry.set("data", data);
    entry.set("metadata", metadata);
  } else outputs.set(index, { ...output.toJSON(), data, metadata });
}

/** The output without its widget, which no reader would find: it has no cell behind it. The rest stays as it is. */
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

const markdownIn = ({ data: { "text/markdown": said } }: Output): string | null =>
  Array.isArray(said) ? said.join("") : typeof said === "string" ? said : null;

interface WidgetState {
  readonly state?: Readonly<Record<string, unknown>>;
}

/** The state without our cells, their layouts, and the widget with the front end. */
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
