/**
 * Every use of private API of JupyterLab, ipywidgets and anywidget in the page, each with a guard.
 *
 * If a release changes one of these, only the feature named in its comment is lost, and no answer.
 * `tests/browser/test_private.py` says which one it is.
 */

import type { Cells, SharedList } from "./lab/jupyterlab.js";

// -- ipywidgets and anywidget ---------------------------------------------------------------------------------------------

/** The part of anywidget's model that is used here. */
interface Handed {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  on(event: string, callback: (value: unknown) => void): void;
  off(event: string, callback: (value: unknown) => void): void;
}

/** ipywidgets' own model, which anywidget's model wraps. */
export interface OwnModel {
  readonly comm?: { on_msg(callback: (message: unknown) => unknown): void };
  _handle_comm_msg?(message: unknown): Promise<void>;
  readonly widget_manager?: { readonly kernel?: { readonly id: string } | null };
}

/**
 * ipywidgets' own model, or null. Backbone passes it to listeners when `trait` changes, so the trait is changed and
 * changed back.
 *
 * Without it: a notebook's answers may be written into a copy that has its own kernel, and `listenPast` does nothing.
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

/** The id of the kernel of the model's manager; null if the front end does not provide it. */
export const kernelOf = (own: OwnModel | null): string | null => own?.widget_manager?.kernel?.id ?? null;

/**
 * Pass messages that anywidget rejects to the `_handle_comm_msg` that anywidget's own has replaced.
 *
 * If the page was busy for two seconds when the cell was made, anywidget (0.11) rejects all its later messages.
 *
 * Without this: such a cell shows only what was saved, until the page is reloaded.
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
 * A cell's outputs in the document that pages share, from the `ymodel` of its shared model; undefined if it has none.
 *
 * Without it: outputs are replaced in JupyterLab's model, so if two people run a cell at once, two outputs remain.
 */
export const sharedOutputsOf = ({ sharedModel }: ReturnType<Cells["get"]>): SharedList | undefined =>
  sharedModel?.ymodel?.get("outputs") as SharedList | undefined;

/** A module in webpack's shared scope, of any version; null if this application does not share it. */
export async function moduleOf<T>(scope: Scope, name: string): Promise<T | null> {
  const [version] = Object.values(scope[name] ?? {});
  return version ? ((await version.get())() as T) : null;
}

export type Scope = Readonly<Record<string, Readonly<Record<string, { get(): Promise<() => unknown> }>>>>;

/** Register the container of an extension in `_JUPYTERLAB`, as the scripts of JupyterLab's builder do. */
export function offer(name: string, container: unknown): void {
  const page = globalThis as unknown as { _JUPYTERLAB?: Record<string, unknown> };
  page._JUPYTERLAB ??= {};
  page._JUPYTERLAB[name] = container;
}
