/**
 * Shows a cell's output: the live widget where its kernel is there, and the answer as it was saved where it is not, or
 * as long as the widget has not come. One of the two is in the page, never both.
 */

import { isTerminal } from "../../wire/store.js";
import { shared } from "../handles.js";
import type { Bridge } from "./bridge.js";
import type { Lumino, LuminoPanel, MimeModel, Renderer } from "./jupyterlab.js";
import type { Keeper } from "./keeper.js";
import { outputOf, readOutput, type Saved, WIDGET } from "./output.js";
import { addOutput, recall } from "./places.js";
import type { Shown, ViewModule } from "./view.js";

/** Milliseconds that a widget may take before the saved answer is shown for it, where there is one to show. */
const SOON = 400;

/** Milliseconds after which a kernel that lets the widget wait is asked past its queue. */
const BUSY = 1500;

export interface Surroundings {
  readonly lumino: Lumino;
  readonly keeper: Keeper;
  /** Another renderer of the same notebook. */
  create(mimeType: string): Renderer;
  /** The module that shows answers without a widget; it is fetched when first needed. */
  view(): Promise<ViewModule>;
  /** A way to the cell beside its widget, where the kernel is busy; null: there is none. */
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
  #saved: Saved | null = null;
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
    // Widgets' renderers that were made before the manager was there wait for it for ever, unless it finds them itself.
    this.#deafen = around.keeper.onConnected(() => {
      if (this.#modelId !== null && !this.#mounted) this.#bringWidget(this.#modelId);
    });
  }

  async show(model: MimeModel): Promise<void> {
    const saved = withLastWords(readOutput(model));
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
    // What the notebook holds of a live answer is written by the keeper: nothing new.
    if (this.#mounted) return;
    this.#shown?.update(saved);
    // Never for a notebook that is not trusted: its widget state could bring a widget with code of its own.
    if (model.trusted && saved.modelId !== null && saved.modelId !== this.#modelId) this.#bringWidget(saved.modelId);
    if (before !== null) return;
    const soon = this.#live !== null && saved.doc.parts.length === 0 && !isTerminal(saved.doc);
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

  /** Whether the widget's view has come, or gone. */
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

  /** The kernel computes and does not say which widgets it has: ask the cell itself. */
  async #goBeside(): Promise<void> {
    if (this.#mounted || this.#disposed || this.#bridge || this.#saved === null) return;
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

/** A deletion that was undone brings back what the notebook had kept, which may be seconds older than the answer's end. */
function withLastWords(saved: Saved | null): Saved | null {
  const last = saved && !shared().cells.has(saved.key) ? recall(saved) : null;
  return saved && last ? readOutput(outputOf(last, saved.key, saved.modelId)) : saved;
}
