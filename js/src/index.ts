/** The entry that anywidget's protocol asks for: wiring only. One connection per model, shared by its views. */

import { browserPage } from "./dom/page.js";
import { View } from "./dom/view.js";
import { Connection, type WidgetModel } from "./host.js";

interface InitializeProps {
  readonly model: WidgetModel;
  readonly signal?: AbortSignal;
  /** Messages that came while the bundle was loading. */
  readonly early?: readonly unknown[];
}

interface RenderProps {
  readonly model: WidgetModel;
  readonly el: HTMLElement;
  readonly signal?: AbortSignal;
}

const page = browserPage();

export default () => {
  let connection: Connection | null = null;

  const connect = (model: WidgetModel, early: readonly unknown[] = []): Connection => {
    connection ??= new Connection(model, page.clock, early);
    return connection;
  };

  return {
    initialize({ model, early }: InitializeProps) {
      connect(model, early);
      return () => {
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
