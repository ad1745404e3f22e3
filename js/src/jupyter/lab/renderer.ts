/**
 * Shows a cell's output: the live widget if its kernel is there; otherwise, and until the widget has come, the saved
 * answer. Only one of the two is in the page.
 */

import { isTerminal } from "../../wire/store.js";
import { shared } from "../handles.js";
import type { Bridge } from "./bridge.js";
import { readGroup, type SavedGroup } from "./joined.js";
import type { Lumino, LuminoPanel, MimeModel, Renderer } from "./jupyterlab.js";
import type { Keeper } from "./keeper.js";
import { type Output as Data, outputOf, readOutput, type Saved, WIDGET } from "./output.js";
import { addOutput, recall } from "./places.js";
import type { Shown, ViewModule } from "./view.js";

/** Milliseconds to wait for the widget before an empty saved answer is shown. */
const SOON = 400;

/** Milliseconds to wait for the widget before the kernel is asked over a bridge, past its queue. */
const BUSY = 1500;

export interface Surroundings {
  readonly lumino: Lumino;
  readonly keeper: Keeper;
  /** Create another renderer of the same notebook. */
  create(mimeType: string): Renderer;
  /** The module that shows answers without a widget; it is loaded when it is first needed. */
  view(): Promise<ViewModule>;
  /** A bridge to the cell, if the kernel is busy; null: there is none. */
  bridge(key: string): Promise<Bridge | null>;
}

export function makeRenderer(around: Surroundings): Renderer {
  const panel = new around.lumino.Panel();
  panel.addClass("streamcell-output");
  const output = new Output(panel, around);
  const dispose = panel.dispose.bind(panel);
  return Object.assign(panel, {
    renderModel: (model: MimeModel) => output.show(model),
    dispose: () => {
      if (!panel.isDisposed) output.dispose();
      dispose();
    },
  });
}

class Output {
  readonly #around: Surroundings;
  readonly #panel: LuminoPanel;
  readonly #host = document.createElement("div");
  #saved: Saved | SavedGroup | null = null;
  #live: Renderer | null = null;
  #modelId: string | null = null;
  #observer: MutationObserver | null = null;
  #mounted = false;
  #shown: Shown | null = null;
  #bridge: Bridge | null = null;
  #unwatch = () => {};
  #leave = () => {};
  readonly #deafen: () => void;
  #timers: ReturnType<typeof setTimeout>[] = [];
  #disposed = false;

  constructor(panel: LuminoPanel, around: Surroundings) {
    this.#panel = panel;
    this.#around = around;
    panel.node.append(this.#host);
    // A widget renderer that was made before the manager may wait forever, so it is made again when a kernel connects.
    this.#deafen = around.keeper.onConnected(() => {
      if (this.#modelId !== null && !this.#mounted) this.#bringWidget(this.#modelId);
    });
  }

  async show(model: MimeModel): Promise<void> {
    const saved = readSaved(model);
    if (saved === null) {
      this.#host.textContent = String(model.data["text/plain"] ?? "");
      return;
    }
    const before = this.#saved;
    this.#saved = saved;
    if (before?.key !== saved.key) {
      this.#leave();
      this.#leave = addOutput(saved.key);
    }
    // While the widget is shown, a change of the output was made by the keeper, so there is nothing new to show.
    if (this.#mounted) return;
    this.#shown?.update(saved);
    // Never for an untrusted notebook: its widget state could contain a widget with its own code.
    if (model.trusted && saved.modelId !== null && saved.modelId !== this.#modelId) this.#bringWidget(saved.modelId);
    if (before !== null) return;
    const empty = "doc" in saved ? saved.doc.parts.length === 0 && !isTerminal(saved.doc) : saved.places.length === 0;
    const soon = this.#live !== null && empty;
    if (soon) this.#later(SOON, () => this.#showSaved());
    else await this.#showSaved();
  }

  dispose(): void {
    this.#disposed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#observer?.disconnect();
    this.#deafen();
    this.#unwatch();
    this.#leave();
    this.#closeBridge();
    this.#shown?.dispose();
    if (this.#saved) this.#around.keeper.unwatch(this.#saved.key);
  }

  #later(ms: number, callback: () => void): void {
    this.#timers.push(setTimeout(callback, ms));
  }

  #bringWidget(modelId: string): void {
    this.#modelId = modelId;
    this.#observer?.disconnect();
    this.#live?.dispose();
    const live = this.#around.create(WIDGET);
    this.#live = live;
    live.hide();
    this.#panel.addWidget(live);
    this.#observer = new MutationObserver(() => this.#look());
    this.#observer.observe(live.node, { childList: true, subtree: true });
    this.#later(BUSY, () => this.#goBeside());
    const view = { version_major: 2, version_minor: 0, model_id: modelId };
    void live.renderModel({ trusted: true, data: { [WIDGET]: view, "text/plain": "" }, metadata: {} });
  }

  /** Switch between widget and saved answer, when the widget's view has come or gone. */
  #look(): void {
    const live = this.#live;
    const mounted = live !== null && live.node.querySelector("[data-streamcell]") !== null;
    if (mounted === this.#mounted || this.#disposed) return;
    this.#mounted = mounted;
    this.#unwatch();
    this.#unwatch = () => {};
    if (live && mounted) {
      this.#closeBridge();
      this.#shown?.dispose();
      this.#shown = null;
      live.show();
      if (this.#saved) this.#unwatch = this.#around.keeper.watch(this.#saved.key);
    } else {
      live?.hide();
      void this.#showSaved();
    }
  }

  async #showSaved(): Promise<void> {
    if (this.#shown || this.#mounted) return;
    const module = await this.#around.view();
    if (this.#shown || this.#mounted || this.#disposed || this.#saved === null) return;
    this.#shown = module.showSaved(this.#host, this.#saved);
  }

  /** Ask the cell itself over a bridge, because the busy kernel does not say which widgets it has. */
  async #goBeside(): Promise<void> {
    if (this.#mounted || this.#disposed || this.#bridge || this.#saved === null || !("doc" in this.#saved)) return;
    const [module, bridge] = await Promise.all([this.#around.view(), this.#around.bridge(this.#saved.key)]);
    if (bridge === null) return;
    if (this.#mounted || this.#disposed || this.#bridge) return bridge.close();
    this.#bridge = bridge;
    module.showLive(this.#host, bridge, (shown) => {
      if (this.#mounted || this.#disposed) {
        shown.dispose();
        return;
      }
      this.#shown?.dispose();
      this.#shown = shown;
    });
  }

  #closeBridge(): void {
    this.#bridge?.close();
    this.#bridge = null;
  }
}

function readSaved(output: Data): Saved | SavedGroup | null {
  const group = readGroup(output);
  if (!group) return withLastWords(readOutput(output));
  return { ...group, places: group.places.map((place) => ({ ...place, saved: withLastWords(place.saved) })) };
}

/** The saved answer, or a newer remembered one: undoing a deletion restores what was saved before the answer's end. */
function withLastWords(saved: Saved | null): Saved | null {
  const last = saved && !shared().cells.has(saved.key) ? recall(saved) : null;
  return saved && last ? readOutput(outputOf(last, saved.key, saved.modelId)) : saved;
}
