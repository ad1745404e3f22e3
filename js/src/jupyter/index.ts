/** The entry that anywidget's protocol asks for: wiring only. One connection per model, shared by its views. */

import { FetchedAddons } from "../addons/fetched.js";
import { browserClock, browserPage } from "../cell/page.js";
import { View } from "../cell/view.js";
import { isOver, markdownOf, othersOf } from "../wire/store.js";
import { Connection, Kernels, type SharedModel, type WidgetModel } from "./connection.js";
import { type Handle, shared as inPage } from "./handles.js";

interface InitializeProps {
  readonly model: WidgetModel;
  readonly signal?: AbortSignal;
  /** Messages that came while the bundle was loading. */
  readonly early?: readonly unknown[];
  /** The kernel's one widget that holds the front end; the cell's own where it has none, or none can be found. */
  readonly shared?: SharedModel;
  /** The id of the cell's kernel, where the front end tells. */
  readonly kernel?: string | null;
}

interface RenderProps {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}

/** This module is loaded once per page for all kernels that carry the same front end. */
const kernels = new Kernels(browserClock);
const page = browserPage(new FetchedAddons((name) => kernels.fetch(name)));

/** What a keeper of the notebook may know and do of a cell. */
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
    // Where there is no kernel that would close the model, nobody else lets go of it.
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
        // Two notebooks on one kernel have a model of the cell each: where one ends, the other is still there.
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
