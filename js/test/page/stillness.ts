/** Watches the page while answers grow: what moves that was done, and what is taken back that was shown. */

import { parse } from "../../src/markdown/engine.js";
import type { Document, Leaf } from "../../src/markdown/tree.js";
import { Renderer } from "../../src/render/render.js";
import { CORPUS } from "../corpus/index.js";
import { ADDONS } from "./addons.js";
import { Answer } from "./answer.js";
import { type Closable, drawn } from "./drawn.js";
import { HABITS } from "./habits.js";

/** Characters in an update, as in the bench. */
const PIECE = 4;

interface Growing {
  readonly root: HTMLElement;
  readonly document: Document;
  readonly late: readonly Leaf[];
  push(text: string): void;
  end(): void;
  remove(): void;
}

interface Result {
  readonly name: string;
  /** Characters that were put on the page. */
  shown: number;
  /** Of these, those that were taken back, or moved by what came before them in their block. */
  retracted: number;
  /** The most that one update took back, and how it read before and after. */
  readonly worst: { retracted: number; before: string; after: string };
  /** Changes inside blocks that were closed. */
  readonly touched: string[];
}

class Stillness {
  readonly result: Result;
  readonly #answer: Growing;
  readonly #observer = new MutationObserver(() => {});
  readonly #blocks = new WeakMap<Node, Closable>();
  /** Blocks that were closed when the last update was over. */
  readonly #closed = new WeakSet<Closable>();
  #texts = new Map<unknown, string>();

  constructor(name: string, answer: Growing) {
    this.#answer = answer;
    this.result = { name, shown: 0, retracted: 0, worst: { retracted: 0, before: "", after: "" }, touched: [] };
    this.#observer.observe(answer.root, { subtree: true, childList: true, characterData: true, attributes: true });
  }

  check(): void {
    const records = this.#observer.takeRecords();
    const late = new Set<Closable>(this.#answer.late);
    for (const record of records) this.#checkRecord(record, late);
    this.#map();
    this.#compare();
  }

  end(): Result {
    this.#observer.disconnect();
    return this.result;
  }

  #checkRecord(record: MutationRecord, late: ReadonlySet<Closable>): void {
    for (const removed of record.removedNodes) this.#checkRemoved(removed);
    for (let node: Node | null = record.target; node !== null; node = node.parentNode) {
      const block = this.#blocks.get(node);
      if (block === undefined) continue;
      if (late.has(block)) return;
      if (this.#closed.has(block)) {
        this.#touch(`${record.type} ${record.attributeName ?? ""} in a closed ${block.kind}: ${node.textContent}`);
        return;
      }
    }
  }

  /** Whatever was taken out of the page, by itself or with what holds it. */
  #checkRemoved(node: Node): void {
    const block = this.#blocks.get(node);
    if (block && this.#closed.has(block)) this.#touch(`a closed ${block.kind} was removed`);
    else for (const child of node.childNodes) this.#checkRemoved(child);
  }

  #touch(what: string): void {
    this.result.touched.push(what.length > 200 ? `${what.slice(0, 200)}…` : what);
  }

  /** Learn which element stands for which block, and which blocks are closed by now. */
  #map(): void {
    for (const [node, block] of drawn(this.#answer.root, this.#answer.document)) {
      this.#blocks.set(node, block);
      if (!block.open) this.#closed.add(block);
    }
  }

  /** Block by block: what follows the first difference was not left alone. */
  #compare(): void {
    const before = this.#texts;
    this.#texts = blockTexts(this.#answer.root);
    for (const key of new Set([...before.keys(), ...this.#texts.keys()])) {
      this.#compareTexts(before.get(key) ?? "", this.#texts.get(key) ?? "");
    }
  }

  #compareTexts(before: string, after: string): void {
    if (before === after) return;
    let same = 0;
    while (same < before.length && before[same] === after[same]) same += 1;
    this.result.shown += after.length - same;
    const retracted = before.length - same;
    this.result.retracted += retracted;
    if (retracted <= this.result.worst.retracted) return;
    this.result.worst.retracted = retracted;
    this.result.worst.before = before.slice(Math.max(0, same - 20), same + 100);
    this.result.worst.after = after.slice(Math.max(0, same - 20), same + 100);
  }
}

/** Blocks by place, as a paragraph that turns into a heading is no new text; notes by themselves, as more come between. */
function blockTexts(root: Element): Map<unknown, string> {
  const blocks = [...root.querySelectorAll(":scope > .sc-section > *")];
  const notes = [...root.querySelectorAll(":scope > .sc-notes > ol > li")];
  return new Map<unknown, string>([
    ...blocks.map((block, place) => [place, block.textContent ?? ""] as const),
    ...notes.map((note) => [note, note.firstElementChild?.textContent ?? ""] as const),
  ]);
}

function watch(name: string, text: string, answer: Growing): Result {
  const stillness = new Stillness(name, answer);
  for (let at = 0; at < text.length; at += PIECE) {
    answer.push(text.slice(at, at + PIECE));
    stillness.check();
  }
  answer.end();
  stillness.check();
  answer.remove();
  return stillness.end();
}

class Streamed extends Answer implements Growing {
  get document(): Document {
    return this.engine.document;
  }
}

/** Reads and draws everything again for each piece, as most do. */
class Reparsed implements Growing {
  readonly root = document.createElement("div");
  readonly late = [];
  document: Document = parse("");
  #text = "";

  constructor() {
    globalThis.document.body.append(this.root);
  }

  push(piece: string): void {
    this.#text += piece;
    this.document = parse(this.#text);
    this.root.replaceChildren();
    new Renderer(this.root, "sc-control", ADDONS).update(this.document, []);
  }

  end(): void {}

  remove(): void {
    this.root.remove();
  }
}

export const watchHabits = (): Result[] => HABITS.map(({ name, text }) => watch(name, text, new Streamed()));

export const watchCorpus = (): Result[] => CORPUS.map(({ name, text }) => watch(name, text, new Streamed()));

/** Over some answers, with a page that is not still, to see that this test would notice. */
export const watchControl = (): Result[] =>
  CORPUS.slice(0, 12).map(({ name, text }) => watch(name, text, new Reparsed()));
