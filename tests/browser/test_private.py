"""What the page uses of others without their promise is as it was: see `js/src/jupyter/private.ts`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .cells import ask

if TYPE_CHECKING:
    from collections.abc import Callable

    from .notebook import Notebook

OWN = """async () => {
  const panel = window.jupyterapp.shell.currentWidget;
  const id = panel.content.widgets[0].model.outputs.get(0).data["application/vnd.jupyter.widget-view+json"].model_id;
  const { kernel } = panel.sessionContext.session;
  const renderer = panel.content.rendermime.createRenderer("application/vnd.jupyter.widget-view+json");
  const own = await (await renderer._manager.promise).get_model(id);
  let layers = 0;
  for (let above = own; above; above = Object.getPrototypeOf(above)) layers += Object.hasOwn(above, "_handle_comm_msg");
  return {
    "a model has its manager's kernel (private.kernelOf)": own.widget_manager.kernel?.id === kernel.id,
    "anywidget puts a _handle_comm_msg before ipywidgets' own (private.listenPast)": layers === 2,
    "a model's comm has on_msg (private.listenPast)": typeof own.comm.on_msg === "function",
  };
}"""

SHARED = """() => {
  const cell = window.jupyterapp.shell.currentWidget.content.widgets[0].model;
  const outputs = cell.sharedModel.ymodel?.get("outputs");
  return {
    "a cell's shared model has its outputs in ymodel (private.sharedOutputsOf)": outputs?.length === 1,
    "an output there is a map (private.sharedOutputsOf)": typeof outputs?.get(0)?.set === "function",
    "JupyterLab takes extensions from _JUPYTERLAB (private.offer)": "streamcell" in window._JUPYTERLAB,
    "the page has asked our extension for itself (private.moduleOf)": globalThis[Symbol.for("streamcell.page")].keeper,
  };
}"""


def test_the_page_is_as_we_use_it(open_notebook: Callable[..., Notebook]) -> None:
    notebook = open_notebook([ask("one", "echo?rate=0")])
    notebook.run(0)
    notebook.wait_for_status(0, "done")
    found = {**notebook.page.evaluate(SHARED), **notebook.page.evaluate(OWN)}
    assert len(found) == 7
    assert [what for what, is_so in found.items() if is_so is not True] == []
