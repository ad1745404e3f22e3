/** Loads addons from the kernel or the extension, each once per page. */

import type {
  Addons,
  DiagramRenderer,
  Differences,
  Grammar,
  JsonViewer,
  Layout,
  LongAnswers,
  MathRenderer,
  TokensViewer,
  Tools,
} from "../render/addons.js";

/** The addons that are layouts. Their names come from notebooks, which are not trusted: no other name is ever fetched. */
const LAYOUTS: readonly string[] = ["chat", "compare"];

/** The name of the grammar for the first word of a fence; null for an unknown language. */
type NameOf = (language: string) => string | null;

/** The exports of an addon's module: the names of languages, a grammar, a renderer for formulas or diagrams, a reader. */
interface Module {
  readonly addonOf?: NameOf;
  readonly grammar?: Grammar;
  readonly math?: MathRenderer;
  readonly diagrams?: DiagramRenderer;
  readonly differences?: Differences;
  readonly json?: JsonViewer;
  readonly tokens?: TokensViewer;
  readonly tools?: Tools;
  readonly layout?: Layout;
  readonly longAnswers?: LongAnswers;
}

/**
 * Fetches the text of an addon's module, or null if there is none. It may take as long as a cell runs, or never end,
 * and it may be called again meanwhile. Null without a promise: there is no kernel to ask.
 */
export type Fetch = (name: string) => Promise<string | null> | null;

export class FetchedAddons implements Addons {
  readonly #fetch: Fetch;
  readonly #load: (text: string) => Promise<Module>;
  readonly #loaded = new Map<string, Module>();
  readonly #coming = new Map<string, Promise<Module | null>>();

  constructor(fetch: Fetch, load: (text: string) => Promise<Module> = importText) {
    this.#fetch = fetch;
    this.#load = load;
  }

  grammar(language: string): Grammar | Promise<Grammar | null> | null {
    const names = this.#bring("languages", (module) => module.addonOf);
    return names instanceof Promise
      ? names.then((nameOf) => nameOf && this.#grammar(nameOf(language)))
      : names && this.#grammar(names(language));
  }

  #grammar(name: string | null): Grammar | Promise<Grammar | null> | null {
    return name === null ? null : this.#bring(name, (module) => module.grammar);
  }

  math(): MathRenderer | Promise<MathRenderer | null> | null {
    return this.#bring("math", (module) => module.math);
  }

  diagrams(): DiagramRenderer | Promise<DiagramRenderer | null> | null {
    return this.#bring("mermaid", (module) => module.diagrams);
  }

  differences(): Differences | Promise<Differences | null> | null {
    return this.#bring("differences", (module) => module.differences);
  }

  json(): JsonViewer | Promise<JsonViewer | null> | null {
    return this.#bring("json-viewer", (module) => module.json);
  }

  tokens(): TokensViewer | Promise<TokensViewer | null> | null {
    return this.#bring("tokens", (module) => module.tokens);
  }

  tools(): Tools | Promise<Tools | null> | null {
    return this.#bring("tools", (module) => module.tools);
  }

  layout(name: string): Layout | Promise<Layout | null> | null {
    return LAYOUTS.includes(name) ? this.#bring(name, (module) => module.layout) : null;
  }

  longAnswers(): LongAnswers | Promise<LongAnswers | null> | null {
    return this.#bring("long-answers", (module) => module.longAnswers);
  }

  #bring<T>(name: string, pick: (module: Module) => T | undefined): T | Promise<T | null> | null {
    const loaded = this.#loaded.get(name);
    if (loaded) return pick(loaded) ?? null;
    const text = this.#fetch(name);
    const coming = this.#coming.get(name) ?? (text && this.#await(name, text));
    return coming?.then((module) => (module && pick(module)) ?? null) ?? null;
  }

  #await(name: string, text: Promise<string | null>): Promise<Module | null> {
    const coming = this.#take(name, text).finally(() => this.#coming.delete(name));
    this.#coming.set(name, coming);
    return coming;
  }

  async #take(name: string, text: Promise<string | null>): Promise<Module | null> {
    try {
      const source = await text;
      if (source === null) return null;
      const module = await this.#load(source);
      this.#loaded.set(name, module);
      return module;
    } catch (error) {
      console.warn(`[streamcell] no addon ${name}`, error);
      return null;
    }
  }
}

async function importText(text: string): Promise<Module> {
  const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  try {
    return (await import(url)) as Module;
  } finally {
    URL.revokeObjectURL(url);
  }
}
