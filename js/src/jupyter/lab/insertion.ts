/** Puts code from an answer into its notebook, as a cell below the one that shows it. Only a user's click does that. */

import type { Insertion } from "../../render/addons.js";
import type { NotebookActions, NotebookPanel, NotebookTracker } from "./jupyterlab.js";

/** What puts code below the cell that shows `element`; null: no notebook does, or it takes no changes. */
export function insertionAt(tracker: NotebookTracker, actions: NotebookActions, element: Element): Insertion | null {
  let found: NotebookPanel | null = null;
  tracker.forEach((panel) => {
    if (panel.node?.contains(element)) found = panel;
  });
  return found && insertionIn(found, actions, element);
}

function insertionIn(panel: NotebookPanel, actions: NotebookActions, element: Element): Insertion | null {
  const notebook = panel.content;
  const at = () => notebook.widgets?.findIndex(({ node }) => node.contains(element)) ?? -1;
  if (at() < 0 || panel.context.model.readOnly) return null;
  const language = panel.context.model.defaultKernelLanguage ?? "";
  return {
    language: language === "" ? "python" : language,
    insert(code, run) {
      const index = at();
      if (index < 0) return;
      notebook.activeCellIndex = index;
      actions.insertBelow(notebook);
      // Under the heading of a folded section the new cell may be another one.
      const made = notebook.activeCell?.model;
      if (made?.type !== "code" || made.sharedModel.getSource() !== "") return;
      made.sharedModel.setSource(code);
      if (run) void actions.run(notebook, panel.sessionContext);
    },
  };
}
