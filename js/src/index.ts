/** The entry that anywidget's protocol asks for: wiring only. One connection per model, shared by its views. */

import { browserClock, browserPage } from "./dom/page.js";
import { FetchedParts } from "./dom/parts.js";
import { View } from "./dom/view.js";
import { Connection, Kernels, type SharedModel, type WidgetModel } from "./host.js";

interface InitializeProps {
  readonly model: WidgetModel;
  readonly signal?: AbortSignal;
  /** Messages that came while the bundle was loading. */
  readonly early?: readonly unknown[];
  /** The kernel's one widget that holds the front end. */
  readonly shared?: SharedModel;
}

interface RenderProps {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}

/** This module is loaded once per page for all kernels that carry the same front end. */
const kernels = new Kernels(browserClock);
const page = browserPage(new FetchedParts((name) => kernels.fetch(name)));

export default () => {
  let connection: Connection | null = null;
  let leave = () => {};

  const connect = (model: WidgetModel, early: readonly unknown[] = []): Connection => {
    connection ??= new Connection(model, page.clock, early);
    return connection;
  };

  return {
    initialize({ model, early, shared }: InitializeProps) {
      connect(model, early);
      if (shared) leave = kernels.join(shared);
      return () => {
        leave();
        connection?.dispose();
        connection = null;
      };
    },
    render({ model, el }: RenderProps) {
      const view = new View(el, connect(model), page);
      return () => view.dispose();
    },
  };
};
