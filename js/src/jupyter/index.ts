/** The module that anywidget's protocol requires: wiring only. One connection per model, shared by its views. */

import { FetchedAddons } from "../addons/fetched.js";
import { browserClock, browserPage } from "../cell/page.js";
import { View } from "../cell/view.js";
import { isOver, markdownOf, othersOf } from "../wire/store.js";
import { Connection, Kernels, type SharedModel, type WidgetModel } from "./connection.js";
import { type Handle, shared as inPage } from "./handles.js";

interface InitializeProps {
  readonly model: WidgetModel;
  readonly signal?: AbortSignal;
  /** Messages that were received while the bundle was loading. */
  readonly early?: readonly unknown[];
  /** The kernel's widget that holds the front end; the cell's own if there is none, or it cannot be found. */
  readonly shared?: SharedModel;
  /** The id of the cell's kernel, if the front end provides it. */
  readonly kernel?: string | null;
}

interface RenderProps {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}

/** This module is loaded once per page for all kernels with the same front end. */
const kernels = new Kernels(browserClock);
const page = browserPage(
  new FetchedAddons((name) => kernels.fetch(name)),
  (element) => inPage().insertion?.(element) ?? null,
);

/** The handle of a cell, for the extension that writes the notebook. */
const handleOf = (
  connection: Connection,
  views: ReadonlySet<Element>,
  kernel: string | null,
  end: () => void,
): Handle => ({
  views,
  kernel,
  document: () => ({ ...connection.state.doc }),
  markdown: () => markdownOf(connection.state),
  others: () => othersOf(connection.state),
  ended: () => isOver(connection.state),
  subscribe: (listener) => connection.subscribe(listener),
  gone: () => connection.gone(),
  leave: end,
  forget: () => {
    // Without a kernel that closes the model, nothing else would release it.
    if (connection.state.gone === null) connection.press({ type: "forget" });
    else end();
  },
});

export default () => {
  let connection: Connection | null = null;
  let leave = () => {};
  const views = new Set<Element>();

  const connect = (model: WidgetModel, early: readonly unknown[] = []): Connection => {
    connection ??= new Connection(model, page.clock, early, {
      keeps: () => inPage().keeper,
      shows: () => inPage().shows?.(connection?.key ?? "") ?? views.size > 0,
    });
    return connection;
  };

  return {
    initialize({ model, early, shared, kernel = null }: InitializeProps) {
      const cell = connect(model, early);
      const { key } = cell;
      const { cells } = inPage();
      const end = () => {
        // Two notebooks on one kernel each have a model of the cell: if one ends, the other may still be there.
        if (cells.get(key) === handle) cells.delete(key);
        leave();
        leave = () => {};
        connection?.dispose();
        connection = null;
      };
      const handle = handleOf(cell, views, kernel, end);
      cells.set(key, handle);
      if (shared) leave = kernels.join(shared, shared === model);
      return end;
    },
    render({ model, el }: RenderProps) {
      const view = new View(el, connect(model), page);
      views.add(el);
      return () => {
        views.delete(el);
        view.dispose();
      };
    },
  };
};
