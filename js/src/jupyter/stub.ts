/**
 * The small module that each cell carries instead of the bundle. It takes the bundle's text from the widget that the
 * kernel's cells share, imports it once per page, and delegates to it. If there is no such widget, or the host does not
 * let widgets find each other, the text is requested over the cell's own comm.
 *
 * `initialize` must return immediately: if it takes more than two seconds, anywidget gives up on the model for good. So
 * it only starts to listen, and keeps the messages that come before the bundle is loaded.
 */

import { kernelOf, listenPast, ownModelOf } from "./private.js";

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
  initialize(
    props: Props & { readonly early: readonly unknown[]; readonly shared: Model; readonly kernel: string | null },
  ): Cleanup;
  render(props: Props & { readonly el: HTMLElement }): Cleanup;
}

interface Bundle {
  default(): Definition;
}

const PREFIX = "IPY_MODEL_";

/** Milliseconds until the next attempt. The pauses grow up to LONGEST, because a kernel may be busy for long. */
const PAUSE = 500;
const ASK_AGAIN = 3000;
const LONGEST = 60_000;

/** Milliseconds that a view stays empty; then it shows the plain text until the bundle is loaded. */
const PLAIN_AFTER = 10_000;

/** Milliseconds to wait for the shared widget alone, before the cell's own comm is used too. */
const OWN_AFTER = 1000;

/** The most early messages that are kept. If some are lost, a snapshot replaces them. */
const MOST_EARLY = 1000;

const KEY = Symbol.for("streamcell.bundles");
const page = globalThis as unknown as Record<symbol, Map<string, Promise<Bundle>> | undefined>;
page[KEY] ??= new Map<string, Promise<Bundle>>();
const bundles = page[KEY];

/** The state of the search for the bundle, which uses two ways at once. */
interface Search {
  found: boolean;
  /** The last error. */
  why: unknown;
  signal?: AbortSignal | undefined;
}

const isOver = ({ found, signal }: Search): boolean => found || signal?.aborted === true;

const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Find the shared widget. It may come later than the cell: widgets that are restored together come in any order. */
async function findShared({ model, host }: Props, search: Search): Promise<Model> {
  const id = String(model.get("_bundle")).slice(PREFIX.length);
  for (let pause = PAUSE; ; pause = Math.min(pause * 1.2, LONGEST)) {
    try {
      const found = await (host?.getModel?.(`anywidget:${id}`) ?? model.widget_manager?.get_model(id));
      if (found) return found;
      throw new Error("this front end does not let widgets find each other");
    } catch (error) {
      if (isOver(search)) throw error;
      search.why = error;
      await after(pause);
    }
  }
}

/** Request the bundle over the cell's own comm. A request may be lost, and the reply has about 130 kB. */
function askFor({ model }: Props, search: Search): Promise<string> {
  const question = { type: "addon", name: "streamcell" };
  return new Promise((resolve) => {
    let pause = ASK_AGAIN;
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
      if (isOver(search)) return end();
      timer = setTimeout(ask, pause);
      pause = Math.min(pause * 2, LONGEST);
      try {
        model.send(question);
      } catch {
        // The kernel may come back.
      }
    };
    model.on("msg:custom", take);
    ask();
  });
}

interface Found {
  /** The model to ask for addons: the shared widget, or the cell itself. */
  readonly shared: Model;
  readonly digest: string;
  readonly esm: string;
}

async function fromCell(props: Props, search: Search): Promise<Found> {
  const { model } = props;
  const digest = String(model.get("_digest"));
  return { shared: model, digest, esm: bundles.has(digest) ? "" : await askFor(props, search) };
}

async function find(props: Props, search: Search): Promise<Found> {
  if (!props.model.get("_bundle")) return fromCell(props, search);
  const shared = findShared(props, search).then((model) => {
    search.found = true;
    return { shared: model, digest: String(model.get("digest")), esm: String(model.get("esm")) };
  });
  const own = after(OWN_AFTER).then(() => (search.found ? shared : fromCell(props, search)));
  return Promise.any([shared, own]).finally(() => {
    search.found = true;
  });
}

async function load(props: Props, search: Search): Promise<{ definition: Definition; shared: Model }> {
  const { shared, digest, esm } = await find(props, search);
  let bundle = bundles.get(digest);
  if (bundle === undefined) {
    const url = URL.createObjectURL(new Blob([esm], { type: "text/javascript" }));
    bundle = (import(url) as Promise<Bundle>).finally(() => URL.revokeObjectURL(url));
    bundles.set(digest, bundle);
    bundle.catch(() => bundles.delete(digest));
  }
  return { definition: (await bundle).default(), shared };
}

export default () => {
  let ready: Promise<{ definition: Definition; cleanup: Cleanup }> | null = null;
  const search: Search = { found: false, why: "the kernel has not sent it yet" };

  const begin = (props: Props) => {
    const early: unknown[] = [];
    const keep = (message: unknown) => {
      if (early.length < MOST_EARLY) early.push(message);
    };
    props.model.on("msg:custom", keep);
    search.signal = props.signal;
    const own = ownModelOf(props.model, "_bundle");
    const kernel = kernelOf(own);
    listenPast(own);
    ready ??= load(props, search).then(({ definition, shared }) => {
      props.model.off("msg:custom", keep);
      return { definition, cleanup: definition.initialize({ ...props, early, shared, kernel }) };
    });
    ready.catch((error) => {
      search.why = error;
      console.error("[streamcell]", error);
    });
    return ready;
  };

  return {
    initialize(props: Props) {
      const begun = props.host || props.model.widget_manager ? begin(props) : null;
      return () => begun?.then(({ cleanup }) => cleanup?.());
    },
    async render(props: Props & { readonly el: HTMLElement }): Promise<Cleanup> {
      let gone = false;
      let close: Cleanup;
      const plain = document.createElement("pre");
      const drawn = (ready ?? begin(props)).then(({ definition }) => {
        plain.remove();
        if (!gone && !props.signal?.aborted) close = definition.render(props);
        return true;
      });
      const loaded = await Promise.race([drawn, after(PLAIN_AFTER)]).catch(() => false);
      if (!loaded) {
        plain.textContent = `streamcell's page module is not here (${search.why}); the plain text:\n\n${props.model.get("text")}`;
        props.el.append(plain);
      }
      return () => {
        gone = true;
        close?.();
      };
    },
  };
};
