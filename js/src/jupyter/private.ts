/**
 * What we use of JupyterLab, ipywidgets and anywidget in the page that they do not promise, all of it, each with a guard.
 *
 * A release that changes one of these costs the feature that is named here, and no answer. `tests/browser/test_private.py`
 * says which one it was.
 */

import type { Cells, SharedList } from "./lab/jupyterlab.js";

// -- ipywidgets and anywidget ---------------------------------------------------------------------------------------------

/** What anywidget hands out, as far as it is needed here. */
interface Handed {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  on(event: string, callback: (value: unknown) => void): void;
  off(event: string, callback: (value: unknown) => void): void;
}

/** ipywidgets' own model, behind the one that anywidget hands out. */
export interface OwnModel {
  readonly comm?: { on_msg(callback: (message: unknown) => unknown): void };
  _handle_comm_msg?(message: unknown): Promise<void>;
  readonly widget_manager?: { readonly kernel?: { readonly id: string } | null };
}

/**
 * ipywidgets' own model, or null: Backbone tells listeners of a change of `trait` which model has changed.
 *
 * Without it: a copy of a notebook with a kernel of its own may be written to by the original's answers, and `listenPast`
 * does nothing.
 */
export function ownModelOf(handed: Handed, trait: string): OwnModel | null {
  let found: OwnModel | null = null;
  const take = (changed: unknown) => {
    found = changed as OwnModel;
  };
  const value = handed.get(trait);
  handed.on(`change:${trait}`, take);
  handed.set(trait, null);
  handed.set(trait, value);
  handed.off(`change:${trait}`, take);
  return found;
}

/** The kernel that the model's manager speaks with; null where the front end does not tell. */
export const kernelOf = (own: OwnModel | null): string | null => own?.widget_manager?.kernel?.id ?? null;

/**
 * A page that was busy for two seconds when the cell was made has lost it: anywidget (0.11) then refuses each of the
 * model's messages, for ever. What it refuses goes past it, by the `_handle_comm_msg` that anywidget's has replaced.
 *
 * Without it: such a cell stays as it was saved until the page is loaded again.
 */
export function listenPast(own: OwnModel | null): void {
  let above = own && Object.getPrototypeOf(own);
  while (above && !Object.hasOwn(above, "_handle_comm_msg")) above = Object.getPrototypeOf(above);
  const pass = above && Object.getPrototypeOf(above)._handle_comm_msg;
  if (typeof own?.comm?.on_msg !== "function" || typeof pass !== "function") return;
  own.comm.on_msg((message) => own._handle_comm_msg?.(message).catch(() => pass.call(own, message)));
}

// -- JupyterLab -------------------------------------------------------------------------------------------------------------

/**
 * A cell's outputs in the document that pages share, the `ymodel` of its shared model; undefined where there are none.
 *
 * Without it: outputs are replaced in JupyterLab's model, so two people who run a cell at once get two outputs.
 */
export const sharedOutputsOf = ({ sharedModel }: ReturnType<Cells["get"]>): SharedList | undefined =>
  sharedModel?.ymodel?.get("outputs") as SharedList | undefined;

/** A module that the page shares, of whatever version; null where this application has none. Webpack's own scope. */
export async function moduleOf<T>(scope: Scope, name: string): Promise<T | null> {
  const [version] = Object.values(scope[name] ?? {});
  return version ? ((await version.get())() as T) : null;
}

export type Scope = Readonly<Record<string, Readonly<Record<string, { get(): Promise<() => unknown> }>>>>;

/** Give JupyterLab the container of an extension, where its builder's scripts put theirs: `_JUPYTERLAB`. */
export function offer(name: string, container: unknown): void {
  const page = globalThis as unknown as { _JUPYTERLAB?: Record<string, unknown> };
  page._JUPYTERLAB ??= {};
  page._JUPYTERLAB[name] = container;
}
