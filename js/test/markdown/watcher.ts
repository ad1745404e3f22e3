/**
 * Watches a tree while it grows and fails when a promise of `tree.ts` is broken: what is settled stays the same object
 * with the same content, what is closed stays closed, and a closed leaf changes only if it was waiting and is named.
 */

import { expect } from "vitest";
import type { Engine } from "../../src/markdown/engine.js";
import type { Leaf } from "../../src/markdown/tree.js";

type Values = Readonly<Record<string, unknown>>;

/** `expect` itself for what fails only: some millions of these are asked, and each `expect` takes microseconds. */
function hold(held: boolean, promise: string): void {
  if (!held) expect.fail(promise);
}

/** Any node with children, as the promises see it. */
interface Growing extends Values {
  readonly kind: string;
  readonly children: readonly object[];
  readonly settled: number;
  readonly open: boolean;
}

const isGrowing = (node: object): node is Growing => "settled" in node;
const isLined = (node: object): node is Lined => "lines" in node;
const isLeaf = (node: object): node is Leaf => "waiting" in node;

/** Code and raw HTML: lines, of which only the last may grow. */
interface Lined {
  readonly lines: readonly string[];
}

interface Seen {
  readonly parent: { readonly children: readonly object[] } | null;
  /** The children that were settled, or the lines that were final. */
  readonly settled: unknown[];
  /** All other fields, as they were when it was closed; null: it is open. */
  closed: string | null;
  waiting: boolean;
}

/** Of a leaf, all that is shown; of a container its own fields, as its children are watched apart. */
function content(node: object): string {
  const own = Object.entries(node).filter(([name]) => name !== "settled" && name !== "waiting");
  if (!isGrowing(node) || isLeaf(node)) return JSON.stringify(own);
  // A note's number and uses follow its references, and the document's notes come late.
  const moving = new Set(["children", ...(node.kind === "note" ? ["note", "uses", "open"] : []), "notes"]);
  return JSON.stringify(own.filter(([name]) => !moving.has(name)));
}

export class Watcher {
  readonly #engine: Engine;
  readonly #seen = new Map<object, Seen>();
  /** Blocks that were open when they were last looked at. */
  #open = new Set<object>();

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** After each update: looks at what is open or was just now, and at what has settled since. */
  check(): void {
    this.#takeLate();
    const before = this.#open;
    this.#open = new Set();
    const { document } = this.#engine;
    this.#visit(document, null);
    for (const note of document.notes) this.#visit(note, null);
    for (const node of before) {
      const parent = this.#seen.get(node)?.parent ?? null;
      // Closed in the meantime, unless it is not in the tree any more.
      if (!this.#open.has(node) && this.#isClosed(node) && this.#isThere(node)) this.#visit(node, parent);
    }
  }

  /** At the end: everything that was ever seen settled or closed is as it was. */
  checkAll(): void {
    this.check();
    for (const [node, seen] of this.#seen) {
      if (!this.#isThere(node)) continue;
      if (isGrowing(node)) this.#checkSettled(node.kind, node.children, seen, 0);
      if (seen.closed !== null) this.#checkClosed(node, seen.closed);
    }
  }

  /** Late changes are announced, once, for leaves that are closed and were waiting. */
  #takeLate(): void {
    for (const leaf of this.#engine.takeLate()) {
      expect(leaf.open, "a late leaf is closed").toBe(false);
      const seen = this.#seen.get(leaf);
      // It came or was closed in this very update.
      if (seen === undefined) continue;
      if (seen.closed !== null) expect(seen.waiting, "a late leaf was waiting").toBe(true);
      seen.settled.splice(0, Number.POSITIVE_INFINITY, ...leaf.children);
      if (seen.closed !== null) seen.closed = content(leaf);
      seen.waiting = leaf.waiting;
    }
  }

  /** An open block may leave the tree, as a paragraph does that becomes a heading; a closed one never does. */
  #isThere(node: object): boolean {
    const seen = this.#seen.get(node);
    return seen?.closed != null || seen?.parent == null || seen.parent.children.includes(node);
  }

  #isClosed(node: object): boolean {
    return !(node as { readonly open: boolean }).open;
  }

  #visit(node: object, parent: Seen["parent"]): void {
    const seen = this.#seen.get(node) ?? { parent, settled: [], closed: null, waiting: false };
    this.#seen.set(node, seen);
    if (seen.closed !== null) {
      this.#checkClosed(node, seen.closed);
      return;
    }
    if (isGrowing(node)) this.#visitChildren(node, seen);
    if (isLined(node)) this.#visitLines(node, seen);
    if (isLeaf(node)) seen.waiting = node.waiting;
    if ("open" in node && !this.#isClosed(node)) {
      this.#open.add(node);
      return;
    }
    seen.closed = content(node);
  }

  #visitChildren(node: Growing, seen: Seen): void {
    const from = seen.settled.length;
    hold(node.settled >= from, "settled never decreases");
    hold(node.settled <= node.children.length, "no more is settled than there is");
    hold(node.open || node.settled === node.children.length, "a closed block is settled");
    this.#checkSettled(node.kind, node.children, seen, Math.max(0, from - 2));
    for (const child of node.children.slice(from, node.settled)) {
      seen.settled.push(child);
      if (isLeaf(node)) continue;
      if ("open" in child && "kind" in child && child.kind !== "math") {
        hold(this.#isClosed(child), `a settled ${child.kind} is closed`);
      }
      this.#visit(child, node);
    }
    if (!isLeaf(node)) for (const child of node.children.slice(node.settled)) this.#visit(child, node);
  }

  #visitLines(node: Lined, seen: Seen): void {
    const from = seen.settled.length;
    this.#checkSettled("block of lines", node.lines, seen, Math.max(0, from - 2));
    seen.settled.push(...node.lines.slice(from, -1));
  }

  #checkClosed(node: object, before: string): void {
    const now = content(node);
    if (now !== before) expect(now, "what is closed stays as it is").toBe(before);
  }

  #checkSettled(kind: string, now: readonly unknown[], seen: Seen, from: number): void {
    for (let index = from; index < seen.settled.length; index += 1) {
      if (now[index] !== seen.settled[index]) expect.fail(`what was settled at ${index} of a ${kind} changed`);
    }
  }
}
