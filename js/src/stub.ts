/**
 * What each cell carries instead of the bundle: it takes the bundle's text from the one widget that the kernel's cells
 * share, imports it once per page, and hands over to it. Where there is no such widget, or the host does not let
 * widgets find each other, the cell's own comm brings the text.
 *
 * `initialize` must be back at once: anywidget gives up on a model, for good, whose `initialize` takes over two
 * seconds. So it only begins to listen; what comes before the bundle is there is kept for it.
 */

interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  on(event: string, callback: (value: unknown) => void): void;
  off(event: string, callback: (value: unknown) => void): void;
  send(content: unknown): void;
  readonly widget_manager?: { get_model(id: string): Promise<Model> };
}

interface Host {
  getModel?(ref: string): Promise<Model>;
}

interface Props {
  readonly model: Model;
  readonly host?: Host;
  readonly signal?: AbortSignal;
}

type Cleanup = (() => void) | undefined;

interface Definition {
  initialize(props: Props & { readonly early: readonly unknown[]; readonly shared: Model }): Cleanup;
  render(props: Props & { readonly el: HTMLElement }): Cleanup;
}

interface Bundle {
  default(): Definition;
}

/** What is used of ipywidgets' own model, behind the one that anywidget hands out. */
interface WidgetModel {
  readonly comm?: { on_msg(callback: (message: unknown) => unknown): void };
  _handle_comm_msg?(message: unknown): Promise<void>;
}

const PREFIX = "IPY_MODEL_";

/** Tries of half a second; widgets that are restored together come in any order. */
const TRIES = 20;
const PAUSE = 500;

/** So long nothing but the shared widget is waited for. */
const OWN_AFTER = 1000;

/** A question over the cell's own comm may be lost; the answer is some 130 kB. */
const ASKS = 5;
const ASK_AGAIN = 3000;

/** A kernel that is cut off could fill it; the snapshot brings everything anyway. */
const MOST_EARLY = 1000;

const KEY = Symbol.for("streamcell.bundles");
const page = globalThis as unknown as Record<symbol, Map<string, Promise<Bundle>> | undefined>;
page[KEY] ??= new Map<string, Promise<Bundle>>();
const bundles = page[KEY];

async function findShared({ model, host }: Props): Promise<Model> {
  const id = String(model.get("_bundle")).slice(PREFIX.length);
  for (let left = TRIES; ; left -= 1) {
    try {
      const found = await (host?.getModel?.(`anywidget:${id}`) ?? model.widget_manager?.get_model(id));
      if (found) return found;
      throw new Error("this front end does not let widgets find each other");
    } catch (error) {
      if (left <= 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE));
    }
  }
}

/** Ask the kernel for the bundle over the cell's own comm. */
function askFor(model: Model): Promise<string> {
  const question = { type: "part", name: "streamcell" };
  return new Promise((resolve, reject) => {
    let left = ASKS;
    let timer: ReturnType<typeof setTimeout>;
    const end = () => {
      clearTimeout(timer);
      model.off("msg:custom", take);
    };
    const take = (message: unknown) => {
      const { type, name, esm } = (message ?? {}) as { type?: unknown; name?: unknown; esm?: unknown };
      if (type !== question.type || name !== question.name || typeof esm !== "string") return;
      end();
      resolve(esm);
    };
    const ask = () => {
      left -= 1;
      if (left < 0) {
        end();
        reject(new Error("the kernel does not answer"));
        return;
      }
      model.send(question);
      timer = setTimeout(ask, ASK_AGAIN);
    };
    model.on("msg:custom", take);
    ask();
  });
}

interface Found {
  /** Whom to ask for parts: the shared widget, or the cell itself. */
  readonly shared: Model;
  readonly digest: string;
  readonly esm: string;
}

async function fromShared(props: Props): Promise<Found> {
  const shared = await findShared(props);
  return { shared, digest: String(shared.get("digest")), esm: String(shared.get("esm")) };
}

async function fromCell({ model }: Props): Promise<Found> {
  const digest = String(model.get("_digest"));
  return { shared: model, digest, esm: bundles.has(digest) ? "" : await askFor(model) };
}

async function find(props: Props): Promise<Found> {
  if (!props.model.get("_bundle")) return fromCell(props);
  let found = false;
  const shared = fromShared(props).then((one) => {
    found = true;
    return one;
  });
  const late = new Promise((resolve) => setTimeout(resolve, OWN_AFTER));
  return Promise.any([shared, late.then(() => (found ? shared : fromCell(props)))]).catch(() => shared);
}

async function load(props: Props): Promise<{ definition: Definition; shared: Model }> {
  const { shared, digest, esm } = await find(props);
  let bundle = bundles.get(digest);
  if (bundle === undefined) {
    const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    bundle = (import(url) as Promise<Bundle>).finally(() => URL.revokeObjectURL(url));
    bundles.set(digest, bundle);
    bundle.catch(() => bundles.delete(digest));
  }
  return { definition: (await bundle).default(), shared };
}

/** Backbone tells listeners of a change which model has changed. */
function widgetModelOf(model: Model): WidgetModel | null {
  let found: WidgetModel | null = null;
  const take = (changed: unknown) => {
    found = changed as WidgetModel;
  };
  const reference = model.get("_bundle");
  model.on("change:_bundle", take);
  model.set("_bundle", null);
  model.set("_bundle", reference);
  model.off("change:_bundle", take);
  return found;
}

/**
 * A page that was busy for two seconds when the cell was made has lost it: anywidget (0.11) then refuses each of the
 * model's messages, for ever. What it refuses goes past it, the way it would have gone without it.
 */
function listenPast(model: Model): void {
  const real = widgetModelOf(model);
  let above = real && Object.getPrototypeOf(real);
  while (above && !Object.hasOwn(above, "_handle_comm_msg")) above = Object.getPrototypeOf(above);
  const pass = above && Object.getPrototypeOf(above)._handle_comm_msg;
  if (typeof real?.comm?.on_msg !== "function" || typeof pass !== "function") return;
  real.comm.on_msg((message) => real._handle_comm_msg?.(message).catch(() => pass.call(real, message)));
}

export default () => {
  let ready: Promise<{ definition: Definition; cleanup: Cleanup }> | null = null;

  const begin = (props: Props) => {
    const early: unknown[] = [];
    const keep = (message: unknown) => {
      if (early.length < MOST_EARLY) early.push(message);
    };
    props.model.on("msg:custom", keep);
    listenPast(props.model);
    ready ??= load(props).then(({ definition, shared }) => {
      props.model.off("msg:custom", keep);
      return { definition, cleanup: definition.initialize({ ...props, early, shared }) };
    });
    ready.catch((error) => console.error("[streamcell]", error));
    return ready;
  };

  return {
    initialize(props: Props) {
      const begun = props.host || props.model.widget_manager ? begin(props) : null;
      return () => begun?.then(({ cleanup }) => cleanup?.());
    },
    async render(props: Props & { readonly el: HTMLElement }) {
      try {
        const { definition } = await (ready ?? begin(props));
        return props.signal?.aborted ? undefined : definition.render(props);
      } catch (error) {
        const plain = document.createElement("pre");
        plain.textContent = `streamcell could not load its page part (${error}); the plain text:\n\n${props.model.get("text")}`;
        props.el.append(plain);
      }
    },
  };
};
