/** The module that anywidget's protocol requires: wiring only. One connection per model, shared by its views. */

import { FetchedAddons } from "../addons/fetched.js";
import { browserClock, browserPage } from "../cell/page.js";
import { View } from "../cell/view.js";
import { isOver, markdownOf, othersOf } from "../wire/store.js";
import { Connection, Kernels, type SharedModel, type WidgetModel } from "./connection.js";
import { Cells, drawGroup, Group, isGroup } from "./group.js";
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
const page = browserPage(new FetchedAddons((name) => kernels.fetch(name)));
const connections = new Cells();

function viewOf(target: HTMLElement, cell: Connection): () => void {
  const view = new View(target, cell, page);
  return () => view.dispose();
}

/** The handle of a cell or a group, for the extension that writes the notebook. */
const handleOf = (
  made: Connection | Group,
  views: ReadonlySet<Element>,
  kernel: string | null,
  end: () => void,
): Handle => ({
  views,
  kernel,
  ...(made instanceof Group
    ? { document: () => ({}), group: () => made.content, ended: () => made.over }
    : {
        document: () => ({ ...made.state.doc }),
        markdown: () => markdownOf(made.state),
        others: () => othersOf(made.state),
        ended: () => isOver(made.state),
      }),
  subscribe: (listener) => made.subscribe(() => listener()),
  gone: () => made.gone(),
  leave: end,
  forget: () => {
    // Without a kernel that closes the model, nothing else would release it.
    if (made instanceof Group) made.send({ type: "forget" }) || end();
    else if (made.state.gone === null) made.press({ type: "forget" });
    else end();
  },
});

export default () => {
  let cell: Connection | Group | null = null;
  let leave = () => {};
  const views = new Set<Element>();

  const connect = (model: WidgetModel, early: readonly unknown[] = []): Connection | Group => {
    const around = {
      keeps: () => inPage().keeper,
      shows: () => inPage().shows?.(cell?.key ?? "") ?? views.size > 0,
    };
    cell ??= isGroup(model)
      ? new Group(model, connections, page, around)
      : new Connection(model, page.clock, early, around);
    return cell;
  };

  return {
    initialize({ model, early, shared, kernel = null }: InitializeProps) {
      const made = connect(model, early);
      const { key } = made;
      const { cells } = inPage();
      const part = made instanceof Connection ? connections.add(made) : () => {};
      const end = () => {
        // Two notebooks on one kernel each have a model of the cell: if one ends, the other may still be there.
        if (cells.get(key) === handle) cells.delete(key);
        leave();
        leave = () => {};
        part();
        cell?.dispose();
        cell = null;
      };
      const handle = handleOf(made, views, kernel, end);
      cells.set(key, handle);
      if (shared) leave = kernels.join(shared, shared === model);
      return end;
    },
    render({ model, el }: RenderProps) {
      const made = connect(model);
      views.add(el);
      const end = made instanceof Group ? drawGroup(el, made, made.addon) : viewOf(el, made);
      return () => {
        views.delete(el);
        end();
      };
    },
  };
};
