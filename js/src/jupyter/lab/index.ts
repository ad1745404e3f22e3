/**
 * The extension for JupyterLab and Notebook, which shows cells' outputs and saves them. Wiring only.
 *
 * This module is the container that JupyterLab's module federation requires: `init` takes the shared scope, `get`
 * returns the extension. It is loaded with every page, so the view is loaded only when a notebook has an answer.
 */

import { shared } from "../handles.js";
import { moduleOf, offer, type Scope } from "../private.js";
import { openBridge } from "./bridge.js";
import { ANSWERS } from "./joined.js";
import type { Lumino, NotebookPanel, NotebookTracker, Services } from "./jupyterlab.js";
import { Keeper } from "./keeper.js";
import { ANSWER } from "./output.js";
import { isSomewhere } from "./places.js";
import { makeRenderer } from "./renderer.js";
import type { ViewModule } from "./view.js";

declare const VIEW_MODULE: string;

/** The renderer's rank: before the live widget (-10), and so before Markdown. */
const RANK = -20;

let scope: Scope = {};

const here = (document.currentScript as HTMLScriptElement | null)?.src ?? "";
let module: Promise<ViewModule> | null = null;
const viewModule = (): Promise<ViewModule> => {
  module ??= import(new URL(VIEW_MODULE, here).href) as Promise<ViewModule>;
  return module;
};

function attach(panel: NotebookPanel, lumino: Lumino, services: Services): void {
  const { rendermime } = panel.content;
  const keeper = new Keeper(panel);
  const around = {
    lumino,
    keeper,
    create: (mimeType: string) => rendermime.createRenderer(mimeType),
    view: viewModule,
    bridge: async (key: string) => {
      const kernel = panel.sessionContext.session?.kernel;
      return kernel ? openBridge(services, kernel, key) : null;
    },
  };
  // Safe: the view never creates markup from the output's data.
  rendermime.addFactory({ safe: true, mimeTypes: [ANSWER, ANSWERS], createRenderer: () => makeRenderer(around) }, RANK);
}

async function extension() {
  // Voila has no notebooks.
  const notebook = await moduleOf<{ INotebookTracker: unknown }>(scope, "@jupyterlab/notebook");
  const lumino = await moduleOf<Lumino>(scope, "@lumino/widgets");
  const services = await moduleOf<Services>(scope, "@jupyterlab/services");
  return {
    id: "streamcell:answers",
    description: "Shows streamcell's answers, with and without a kernel, and keeps them in the notebook.",
    autoStart: true,
    optional: notebook ? [notebook.INotebookTracker] : [],
    activate: (_app: unknown, tracker: NotebookTracker | null = null) => {
      if (!tracker || !lumino || !services) return;
      shared().keeper = true;
      shared().shows = isSomewhere;
      const take = (panel: NotebookPanel) => {
        attach(panel, lumino, services);
      };
      tracker.forEach(take);
      tracker.widgetAdded.connect((_tracker, panel) => take(panel));
    },
  };
}

const container = {
  init(given: typeof scope) {
    scope = given;
  },
  async get(_module: string) {
    const plugin = await extension();
    return () => ({ __esModule: true, default: plugin });
  },
};

offer("streamcell", container);
