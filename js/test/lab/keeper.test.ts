// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { type Handle, shared } from "../../src/jupyter/handles.js";
import type { NotebookPanel, OutputModel } from "../../src/jupyter/lab/jupyterlab.js";
import { Keeper } from "../../src/jupyter/lab/keeper.js";
import { ANSWER, type Output, outputOf, readOutput, WIDGET } from "../../src/jupyter/lab/output.js";
import { addOutput } from "../../src/jupyter/lab/places.js";
import { EMPTY } from "../../src/wire/narrow.js";
import { docOf, type Flat, part, textOf } from "../answers.js";

class FakeSignal<Args> {
  readonly #slots = new Set<(sender: unknown, args: Args) => void>();
  connect = (slot: (sender: unknown, args: Args) => void) => Boolean(this.#slots.add(slot));
  disconnect = (slot: (sender: unknown, args: Args) => void) => this.#slots.delete(slot);
  emit(args: Args): void {
    for (const slot of this.#slots) slot(null, args);
  }
}

type Data = Readonly<Record<string, unknown>>;

const STATE = "application/vnd.jupyter.widget-state+json";

/** A notebook with one cell, and these outputs. */
class FakePanel {
  readonly outputs: Output[];
  readonly metadata = new Map<string, unknown>();
  /** The same outputs in the document that pages share, if this JupyterLab has one. */
  entries: Map<string, unknown>[] | null = null;
  readonly node = document.createElement("div");
  written = 0;
  isDisposed = false;
  readonly disposed = new FakeSignal<undefined>();
  readonly saveState = new FakeSignal<string>();
  readonly metadataChanged = new FakeSignal<{ key: string }>();
  readonly statusChanged = new FakeSignal<string>();
  readonly connectionStatusChanged = new FakeSignal<string>();
  readonly kernelChanged = new FakeSignal<{ newValue: { id: string } | null }>();

  constructor(...outputs: Output[]) {
    this.outputs = outputs;
  }

  get panel(): NotebookPanel {
    const self = this;
    const outputs = {
      get length() {
        return self.outputs.length;
      },
      get: (index: number) =>
        ({
          ...self.outputs[index],
          toJSON: () => ({ output_type: "display_data" }),
        }) as unknown as OutputModel,
      set: (index: number, { data, metadata }: Output) => {
        self.written += 1;
        self.outputs[index] = { data, metadata };
      },
    };
    const list = {
      get length() {
        return self.entries?.length ?? 0;
      },
      get: (index: number) => self.entries?.[index],
    };
    const model = {
      cells: { length: 1, get: () => ({ type: "code", outputs, sharedModel: { ymodel: { get: () => list } } }) },
      metadataChanged: this.metadataChanged,
      getMetadata: (name: string) => this.metadata.get(name),
      setMetadata: (name: string, value: unknown) => this.metadata.set(name, value),
      deleteMetadata: (name: string) => this.metadata.delete(name),
    };
    const session = { kernel: { id: "first" } };
    return {
      get isDisposed() {
        return self.isDisposed;
      },
      node: this.node,
      disposed: this.disposed,
      content: {},
      context: { isDisposed: false, model, saveState: this.saveState },
      sessionContext: {
        session,
        statusChanged: this.statusChanged,
        connectionStatusChanged: this.connectionStatusChanged,
        kernelChanged: this.kernelChanged,
      },
    } as unknown as NotebookPanel;
  }
}

class FakeCell implements Handle {
  readonly views = new Set<Element>();
  kernel: string | null = null;
  #flat: Flat = { text: "a", status: "streaming" };
  doc = docOf(this.#flat);
  kept: string | null = null;
  former: readonly unknown[] | null = null;
  others = () => this.former;
  leave = () => this.told.push("leave");
  readonly told: string[] = [];
  #listener = () => {};
  document = () => ({ ...this.doc });
  markdown = () => this.kept;
  ended = () => this.doc.status !== "streaming";
  subscribe = (listener: () => void) => {
    this.#listener = listener;
    return () => {
      this.#listener = () => {};
    };
  };
  gone = () => this.told.push("gone");
  forget = () => this.told.push("forget");
  become(changed: Flat, markdown: string | null = null): void {
    this.kept = markdown;
    this.#flat = { ...this.#flat, ...changed };
    this.doc = docOf(this.#flat);
    this.#listener();
  }
}

let cell: FakeCell;
let page: FakePanel;

beforeEach(() => {
  vi.useFakeTimers();
  cell = new FakeCell();
  shared().cells.set("key", cell);
  page = new FakePanel(ANOTHERS, fresh("key"));
});

afterEach(() => {
  page.isDisposed = true;
  vi.useRealTimers();
  shared().cells.clear();
});

const text = () => page.outputs[1]?.data["text/plain"];

const ANOTHERS: Output = { data: { "text/plain": "another's" }, metadata: {} };

/** What the kernel sends of an answer that has not begun. */
function fresh(key: string): Output {
  const { data, metadata } = outputOf(
    { document: EMPTY as unknown as Data, markdown: null, others: null },
    key,
    "model",
  );
  return { data: { ...data, [WIDGET]: { model_id: "model" } }, metadata };
}

function withoutWidget({ data, metadata }: Output): Output {
  const { [WIDGET]: _widget, ...rest } = data;
  return { data: rest, metadata };
}

describe("a keeper", () => {
  test("writes what is shown when the notebook is saved, and leaves out the widget and what is another's", () => {
    new Keeper(page.panel);
    page.saveState.emit("started");
    expect(page.outputs).toEqual([
      ANOTHERS,
      outputOf({ document: cell.document(), markdown: null, others: null }, "key", "model"),
    ]);
    page.saveState.emit("completed");
    page.saveState.emit("started");
    expect(page.written, "nothing has changed").toBe(1);
  });

  test("writes an answer's end at once, and what streams now and then", () => {
    const unwatch = new Keeper(page.panel).watch("key");
    expect(text()).toBe("a");
    vi.advanceTimersByTime(16_000);
    cell.become({ text: "ab" });
    expect(text()).toBe("ab");
    vi.advanceTimersByTime(1000);
    cell.become({ text: "abc" });
    expect(text(), "that was a second later").toBe("ab");
    cell.become({ text: "abcd", status: "done" });
    expect(text()).toBe("abcd");
    unwatch();
    cell.become({ text: "abcde" });
    expect(text()).toBe("abcd");
  });

  test("writes the Markdown that the kernel has said, and until then the text as it came", () => {
    const markdown = () => page.outputs[1]?.data["text/markdown"];
    const keeper = new Keeper(page.panel);
    keeper.watch("key");
    cell.become({ text: "*a* <b>", status: "done" });
    expect(markdown()).toBe("<pre><code>&#42;a&#42; &#60;b&#62;</code></pre>");
    cell.become({}, "*a* &lt;b>");
    expect(markdown()).toBe("*a* &lt;b>");
    // Reloaded: the kernel has not said it to this page yet.
    cell.become({});
    expect(markdown()).toBe("*a* &lt;b>");
    cell.become({ text: "*a* <b> c" });
    expect(markdown()).toBe("<pre><code>&#42;a&#42; &#60;b&#62; c</code></pre>");
  });

  test("keeps the images that are only in the Markdown until the kernel has said it to this page", () => {
    new Keeper(page.panel).watch("key");
    const image = part("image", "", { fields: { mime: "image/png", data: "iVBORw0KGgo=" } });
    const markdown = "a\n\n![](data:image/png;base64,iVBORw0KGgo=)";
    cell.become({ parts: [part("text", "a"), image], status: "done" }, markdown);
    const whole = page.outputs[1];
    expect(JSON.stringify(whole?.data[ANSWER])).not.toContain("iVBOR");
    // Reloaded: the kernel has not said it to this page yet.
    cell.become({});
    expect(page.outputs[1]).toEqual(whole);
    cell.become({ parts: [part("text", "a"), { ...image, fields: { ...image.fields, data: "iVBORw0KGgoA" } }] });
    expect(page.outputs[1]?.data["text/markdown"], "another image").toBe("<pre><code>a</code></pre>");
  });

  test("writes the other versions that the kernel has said, and leaves them there until it has said others", () => {
    const others = () => (page.outputs[1] && readOutput(page.outputs[1]))?.others.map(textOf);
    new Keeper(page.panel).watch("key");
    cell.former = [docOf({ text: "former", status: "stopped" })];
    cell.become({ text: "b", status: "done", version: 1, versions: 2 });
    expect(others()).toEqual(["former"]);
    cell.former = null;
    cell.become({ text: "b", status: "done" });
    expect(others()).toEqual(["former"]);
  });

  test("tells the cells that their kernel has gone, and keeps what they had", () => {
    new Keeper(page.panel);
    page.statusChanged.emit("busy");
    page.kernelChanged.emit({ newValue: { id: "first" } });
    expect(cell.told).toEqual([]);
    page.statusChanged.emit("autorestarting");
    page.kernelChanged.emit({ newValue: null });
    expect(cell.told).toEqual(["gone", "gone"]);
    expect(text()).toBe("a");
  });

  test("lets a cell be forgotten when its output was deleted, and not when it was moved", () => {
    const keeper = new Keeper(page.panel);
    keeper.unwatch("key");
    vi.advanceTimersByTime(10_000);
    expect(cell.told, "it stands in the notebook").toEqual([]);
    page.outputs.pop();
    keeper.unwatch("key");
    expect(cell.told, "it may be on its way to another place").toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(cell.told).toEqual(["forget"]);
  });

  test("lets no cell be forgotten that another notebook, output or box still shows", () => {
    const keeper = new Keeper(page.panel);
    const [, output] = page.outputs as [Output, Output];
    const deleted = () => {
      keeper.unwatch("key");
      vi.advanceTimersByTime(10_000);
      return cell.told;
    };
    page.outputs.pop();
    const copy = new FakePanel(output);
    new Keeper(copy.panel);
    expect(deleted(), "the notebook's copy shows it").toEqual([]);
    copy.isDisposed = true;
    const leave = addOutput("key");
    const another = addOutput("key");
    another();
    expect(deleted(), "an Output shows it").toEqual([]);
    leave();
    cell.views.add(document.createElement("div"));
    expect(deleted(), "a box shows it").toEqual([]);
    cell.views.clear();
    expect(deleted()).toEqual(["forget"]);
  });

  test("lets go of what a closed notebook showed, unless another one shows it or its kernel is another", () => {
    new Keeper(page.panel);
    const [, output] = page.outputs as [Output, Output];
    const copy = new FakePanel(output);
    new Keeper(copy.panel);
    const closed = (panel: FakePanel) => {
      panel.kernelChanged.emit({ newValue: null });
      panel.isDisposed = true;
      panel.disposed.emit(undefined);
      vi.advanceTimersByTime(10_000);
      return cell.told;
    };
    cell.kernel = "first";
    expect(closed(page), "the copy shows it").toEqual(["gone"]);
    cell.told.length = 0;
    cell.kernel = "another";
    expect(closed(copy), "it is another kernel's").toEqual([]);
    cell.kernel = "first";
    expect(closed(copy)).toEqual(["gone", "leave"]);
  });

  test("forgets what one notebook has deleted though another was closed just before", () => {
    const keeper = new Keeper(page.panel);
    const beside = new FakePanel();
    new Keeper(beside.panel);
    cell.kernel = "first";
    beside.isDisposed = true;
    beside.disposed.emit(undefined);
    vi.advanceTimersByTime(2000);
    page.outputs.pop();
    keeper.unwatch("key");
    vi.advanceTimersByTime(2000);
    expect(cell.told).toEqual([]);
    vi.advanceTimersByTime(10_000);
    expect(cell.told).toEqual(["forget"]);
  });

  test("gives back a deleted answer's text when the deletion is undone: it had streamed since it was kept", () => {
    const keeper = new Keeper(page.panel);
    const [, output] = page.outputs as [Output, Output];
    cell.become({ text: "all that had come" });
    page.outputs.pop();
    keeper.unwatch("key");
    vi.advanceTimersByTime(10_000);
    shared().cells.clear();
    page.outputs.push(output);
    keeper.keep();
    expect(text()).toBe("all that had come");
    expect(readOutput(page.outputs[1] as Output)?.doc.status).toBe("stopped");
  });

  test("leaves alone what a copy with a kernel of its own has saved of the same answer", () => {
    const before = withoutWidget(page.outputs[1] as Output);
    cell.kernel = "the original's";
    page.saveState.emit("started");
    new Keeper(page.panel).keep();
    expect(page.outputs[1]).toEqual(before);
    cell.kernel = "first";
    page.saveState.emit("started");
    expect(text()).toBe("a");
  });

  test("tells a cell in a box or an Output that its kernel has gone, and none of another notebook", () => {
    page.outputs.pop();
    new Keeper(page.panel);
    page.statusChanged.emit("restarting");
    expect(cell.told).toEqual([]);
    cell.views.add(page.node.appendChild(document.createElement("div")));
    page.statusChanged.emit("restarting");
    expect(cell.told).toEqual(["gone"]);
  });

  test("changes an output in its place where the notebook is shared: two pages that put another in leave two", () => {
    page.entries = page.outputs.map((output) => new Map<string, unknown>(Object.entries(output)));
    new Keeper(page.panel).keep();
    expect(Object.fromEntries(page.entries[1] ?? [])).toEqual(
      outputOf({ document: cell.document(), markdown: null, others: null }, "key", "model"),
    );
    expect(page.written, "no output was put in").toBe(0);
  });

  test("keeps our widgets' state out of the notebook, and others' in it", () => {
    new Keeper(page.panel);
    const ours = { state: { _key: "key", _bundle: "IPY_MODEL_bundle", layout: "IPY_MODEL_layout" } };
    const all = { cell: ours, bundle: { state: { esm: "…" } }, layout: { state: {} }, slider: { state: { value: 1 } } };
    page.metadata.set("widgets", { [STATE]: { version_major: 2, state: all } });
    page.metadataChanged.emit({ key: "widgets" });
    expect(page.metadata.get("widgets")).toEqual({ [STATE]: { version_major: 2, state: { slider: all.slider } } });
    page.metadata.set("widgets", { [STATE]: { version_major: 2, state: { cell: ours } } });
    page.metadataChanged.emit({ key: "widgets" });
    expect(page.metadata.has("widgets")).toBe(false);
  });

  test("takes the widget out of an output that nobody stands behind", () => {
    page.outputs[1] = fresh("nobody's");
    new Keeper(page.panel).keep();
    expect(page.outputs[1]).toEqual(withoutWidget(fresh("nobody's")));
    expect(ANSWER in (page.outputs[1]?.data ?? {})).toBe(true);
  });
});
