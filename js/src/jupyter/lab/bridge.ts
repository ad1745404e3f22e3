/**
 * A separate comm to a cell, besides that of its widget, on its own subshell.
 *
 * After a reload the widget manager asks the kernel's main shell for its widgets, and a busy kernel answers only when
 * it has finished (jupyter-widgets/ipywidgets#3468). A subshell answers meanwhile (ipykernel 7; older ones have none).
 */

import type { WidgetModel } from "../connection.js";
import type { Kernel, Services } from "./jupyterlab.js";

const TARGET = "streamcell";

type Listener = (...args: unknown[]) => void;

export interface Bridge extends WidgetModel {
  /** Called when the kernel has closed the comm: it has no such cell. */
  onClosed: () => void;
  close(): void;
}

/** Open a bridge to the cell with this key; null if the kernel does not need or support one. */
export async function openBridge(services: Services, kernel: Kernel, key: string): Promise<Bridge | null> {
  // An idle kernel answers the manager itself.
  if (kernel.isDisposed || kernel.status === "idle" || kernel.status === "dead") return null;
  const { KernelMessage } = services;
  const message = (msgType: string, channel: string, content: unknown, subshellId: string | null = null) =>
    KernelMessage.createMessage({
      msgType,
      channel,
      content,
      subshellId,
      session: kernel.clientId,
      username: kernel.username,
    });
  // The control channel is served while the kernel computes. A kernel without subshells never answers this.
  const created = await kernel.sendControlMessage(message("create_subshell_request", "control", {}), true, true).done;
  const subshell = created.content.subshell_id;
  if (typeof subshell !== "string") return null;

  const comm = kernel.createComm(TARGET);
  const listeners = new Set<Listener>();
  const send = (type: string, content: Record<string, unknown>) => {
    if (kernel.isDisposed) return;
    kernel.sendShellMessage(message(type, "shell", { comm_id: comm.commId, ...content }, subshell), false, true);
  };
  let open = true;
  const end = () => {
    if (!open) return;
    open = false;
    listeners.clear();
    comm.dispose();
    if (!kernel.isDisposed) {
      kernel.sendControlMessage(message("delete_subshell_request", "control", { subshell_id: subshell }), true, true);
    }
  };
  const bridge: Bridge = {
    onClosed: () => {},
    get: () => undefined,
    on: (event, listener) => {
      if (event === "msg:custom") listeners.add(listener);
    },
    off: (_event, listener) => listeners.delete(listener),
    send: (content) => {
      if (open) send("comm_msg", { data: content });
    },
    close: () => {
      if (open) send("comm_close", { data: {} });
      end();
    },
  };
  comm.onMsg = ({ content }) => {
    for (const listener of [...listeners]) listener(content.data);
  };
  comm.onClose = () => {
    bridge.onClosed();
    end();
  };
  send("comm_open", { target_name: TARGET, data: { key } });
  return bridge;
}
