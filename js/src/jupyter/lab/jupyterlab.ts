/** Types for the parts of JupyterLab that are used. The page shares its modules, so none of them is bundled. */

export interface Signal<Sender, Args> {
  connect(slot: (sender: Sender, args: Args) => void): boolean;
  disconnect(slot: (sender: Sender, args: Args) => void): boolean;
}

export interface LuminoWidget {
  readonly node: HTMLElement;
  readonly isDisposed: boolean;
  addClass(name: string): void;
  show(): void;
  hide(): void;
  dispose(): void;
}

export interface LuminoPanel extends LuminoWidget {
  addWidget(widget: LuminoWidget): void;
}

export interface Lumino {
  readonly Panel: new () => LuminoPanel;
}

export interface MimeModel {
  readonly trusted: boolean;
  readonly data: Readonly<Record<string, unknown>>;
  readonly metadata: Readonly<Record<string, unknown>>;
}

export interface Renderer extends LuminoWidget {
  renderModel(model: MimeModel): Promise<void>;
}

export interface RenderMime {
  readonly mimeTypes: readonly string[];
  addFactory(
    factory: {
      readonly safe: boolean;
      readonly mimeTypes: readonly string[];
      createRenderer(options: unknown): Renderer;
    },
    rank: number,
  ): void;
  createRenderer(mimeType: string): Renderer;
}

export interface OutputModel extends MimeModel {
  toJSON(): Record<string, unknown>;
}

/** An output, or an object in it, in the document that pages share. */
export interface SharedMap {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
}

export interface SharedList {
  readonly length: number;
  get(index: number): Partial<SharedMap> | undefined;
}

export interface OutputAreaModel {
  readonly length: number;
  get(index: number): OutputModel;
  set(index: number, output: Record<string, unknown>): void;
}

export interface Cells {
  readonly length: number;
  get(index: number): {
    readonly type: string;
    readonly outputs?: OutputAreaModel;
    readonly sharedModel?: { readonly ymodel?: { get(name: string): unknown } };
  };
}

/** A notebook's cells on the screen. */
export interface NotebookView {
  readonly rendermime: RenderMime;
  readonly widgets?: readonly { readonly node: Node }[];
  activeCellIndex?: number;
  readonly activeCell?: {
    readonly model: {
      readonly type: string;
      readonly sharedModel: { getSource(): string; setSource(source: string): void };
    };
  } | null;
}

/** What JupyterLab's own commands do. */
export interface NotebookActions {
  insertBelow(notebook: NotebookView): void;
  run(notebook: NotebookView, sessionContext: SessionContext): Promise<boolean>;
}

export interface NotebookModel {
  readonly cells: Cells;
  readonly readOnly?: boolean;
  readonly defaultKernelLanguage?: string;
  readonly metadataChanged: Signal<unknown, { readonly key: string }>;
  getMetadata(name: string): unknown;
  setMetadata(name: string, value: unknown): void;
  deleteMetadata(name: string): void;
}

export interface Comm {
  onMsg: (message: { readonly content: { readonly data: unknown } }) => void;
  onClose: () => void;
  dispose(): void;
}

export interface Kernel {
  readonly id: string;
  readonly status: string;
  readonly clientId: string;
  readonly username: string;
  readonly isDisposed: boolean;
  createComm(target: string, id?: string): Comm & { readonly commId: string };
  sendShellMessage(message: unknown, expectReply: boolean, disposeOnDone: boolean): unknown;
  sendControlMessage(
    message: unknown,
    expectReply: boolean,
    disposeOnDone: boolean,
  ): { readonly done: Promise<{ readonly content: Record<string, unknown> }> };
}

export interface SessionContext {
  readonly session: { readonly kernel: Kernel | null } | null;
  readonly statusChanged: Signal<unknown, string>;
  readonly connectionStatusChanged: Signal<unknown, string>;
  readonly kernelChanged: Signal<unknown, { readonly newValue: Kernel | null }>;
}

export interface NotebookPanel {
  readonly node?: Node;
  readonly disposed?: Signal<unknown, unknown>;
  readonly isDisposed: boolean;
  readonly content: NotebookView;
  readonly context: {
    readonly isDisposed: boolean;
    readonly model: NotebookModel;
    readonly saveState: Signal<unknown, string>;
  };
  readonly sessionContext: SessionContext;
}

export interface NotebookTracker {
  forEach(callback: (panel: NotebookPanel) => void): void;
  readonly widgetAdded: Signal<unknown, NotebookPanel>;
}

export interface Services {
  readonly KernelMessage: { createMessage(options: Record<string, unknown>): unknown };
}
