/** The inlines of one leaf: the settled ones, the open ones that are shown after them, and the meaning of labels. */

import type { Dialect } from "./dialect.js";
import type { LabelSource, Labels, LinkTarget, Reader, Use } from "./labels.js";
import { Reading } from "./reading.js";
import { areSame } from "./same.js";
import type { Inline, Leaf } from "./tree.js";

/** State that all leaves of a document share. */
export interface Context {
  readonly dialect: Dialect;
  readonly labels: Labels;
  /** The number of characters examined. */
  scanned: number;
  /** Closed leaves that changed. */
  readonly late: Set<Leaf>;
}

export class Inlines implements LabelSource, Reader {
  #leaf: Leaf;
  readonly #context: Context;
  /** All text, in pieces, to read it again. */
  #raw: string[] = [];
  length = 0;
  #reading: Reading;
  /** Whether the text may turn out to be something else; until that is known, its labels do not count. */
  speculative = false;
  /** Whether it used labels while speculative; it must be read again if they count. */
  foresaw = false;
  #uses = new Map<number, { readonly label: string; readonly use: Use; readonly numbering: number }>();
  #waits = false;
  #isDropped = false;

  constructor(leaf: Leaf, context: Context) {
    this.#leaf = leaf;
    this.#context = context;
    this.#reading = new Reading(context, this);
  }

  get leaf(): Leaf {
    return this.#leaf;
  }

  /** The text so far. */
  get raw(): string {
    return this.#raw.join("");
  }

  /** Take more text. */
  feed(text: string): void {
    this.#raw.push(text);
    this.length += text.length;
    this.#settle(this.#reading.feed(text));
  }

  /** No more text. */
  finish(): void {
    this.#settle(this.#reading.finish());
    this.leaf.children.length = this.leaf.settled;
    this.leaf.open = false;
    this.leaf.waiting = this.#waits;
    if (this.#waits || this.#uses.size > 0 || this.foresaw) return;
    // `Labels` may still list this reader for text that was taken back.
    this.#isDropped = true;
    this.#raw = [];
  }

  #settle(nodes: readonly Inline[]): void {
    const { leaf } = this;
    if (nodes.length === 0) return;
    leaf.children.length = leaf.settled;
    leaf.children.push(...nodes);
    leaf.settled = leaf.children.length;
  }

  /** Update the leaf's open children. */
  show(): void {
    const { leaf } = this;
    leaf.children.length = leaf.settled;
    leaf.children.push(...this.#reading.foresee());
    leaf.waiting = this.#waits;
  }

  // ---------------------------------------------------------------------------------------------- other readings

  #readAnew(raw: string): void {
    this.leaf.children.length = 0;
    this.leaf.settled = 0;
    this.#raw = [];
    this.length = 0;
    this.#reading = new Reading(this.#context, this);
    this.#waits = this.foresaw = false;
    if (raw !== "") this.feed(raw);
  }

  /** Read everything again, after a label has become known, or at the end. */
  reread(): void {
    if (this.#isDropped) return;
    const before = [...this.leaf.children];
    this.#readAnew(this.raw);
    this.finish();
    if (!areSame(before, this.leaf.children)) this.#context.late.add(this.leaf);
    // The renderer compares these objects by identity.
    else this.leaf.children.splice(0, before.length, ...before);
  }

  /** The speculative reading was right: let its labels count. */
  confirm(): void {
    this.speculative = false;
    if (!this.foresaw) return;
    this.#readAnew(this.raw);
    this.finish();
  }

  /** Continue in another leaf. */
  moveTo(leaf: Leaf): void {
    if (leaf === this.#leaf) return;
    leaf.children.push(...this.#leaf.children.slice(0, this.#leaf.settled));
    leaf.settled = this.#leaf.settled;
    this.#leaf = leaf;
  }

  /** Read only the first `length` characters: the rest belongs to another block. */
  rewind(length: number): void {
    const raw = this.raw.slice(0, length);
    for (const [place, { label }] of [...this.#uses].reverse()) {
      if (place < length) break;
      this.#context.labels.unrefer(label);
      this.#uses.delete(place);
    }
    this.#readAnew(raw);
  }

  /** This leaf is not shown any more. */
  drop(): void {
    this.#isDropped = true;
  }

  // ---------------------------------------------------------------------------------------------- labels

  target(label: string): LinkTarget | "unknown" | null {
    const { labels } = this.#context;
    if (this.speculative) {
      this.foresaw = true;
      return labels.foreseeLink(label) ?? "unknown";
    }
    const target = labels.link(label, this);
    if (target !== null || labels.ended) return target;
    this.#waits = true;
    return "unknown";
  }

  use(label: string, place: number): Use | null {
    const { labels } = this.#context;
    if (this.speculative) {
      this.foresaw = true;
      return labels.foresee(label);
    }
    const before = this.#uses.get(place);
    const isCounted = before?.numbering === labels.numbering;
    const use = isCounted ? { ...before.use, known: labels.isKnown(label) } : labels.refer(label, this);
    if (use && !isCounted) this.#uses.set(place, { label, use, numbering: labels.numbering });
    // A number may also change while a reference before it may turn out to be text.
    this.#waits ||= labels.hasGaps;
    return use;
  }
}
