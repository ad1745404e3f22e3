/** The parts of an answer in the page, in order, each in a view of its kind. */

import { element } from "../../render/element.js";
import { type Doc, type Part, textOf } from "../../wire/protocol.js";
import type { Copying } from "../copy.js";
import type { Page } from "../page.js";
import "./citation.js";
import "./commentary.js";
import "./hosted_tool.js";
import "./image.js";
import "./json.js";
import { KINDS, type Kind, type Looks as PartLooks, type PartView } from "./kinds.js";
import "./reasoning.js";
import "./refusal.js";
import "./text.js";
import "./tokens.js";
import "./tool_call.js";
import { UNKNOWN } from "./unknown.js";

/** Parts that share one view. */
interface Group {
  readonly kind: string;
  readonly begin: number;
  readonly parts: readonly Part[];
}

interface Shown {
  readonly kind: string;
  readonly view: PartView;
  /** The index of its first part. */
  begin: number;
  /** What it was last updated with. */
  drawn: { readonly parts: readonly Part[]; readonly looks: string } | null;
}

/** An empty part for text that has not come yet. */
const COMING: Part = { kind: "text", text: true, open: true, body: "", fields: {} };

const kindOf = (name: string): Kind => KINDS.get(name) ?? UNKNOWN;

/** Group parts by view; before there is any text, add an empty text part. */
function groups(parts: readonly Part[]): Group[] {
  const found: Group[] = [];
  const all = parts.some(({ text }) => text) ? parts : [...parts, COMING];
  for (const [at, part] of all.entries()) {
    const { joins, foot } = kindOf(part.kind);
    // What stands at the foot is one group, and divides nothing.
    const last = foot ? found.find(({ kind }) => kind === part.kind) : found.findLast(({ kind }) => !kindOf(kind).foot);
    if (last?.kind === part.kind && joins?.(part)) (last.parts as Part[]).push(part);
    else found.push({ kind: part.kind, begin: at, parts: [part] });
  }
  return found;
}

/** What the status line shows while a part streams; null if the kind has no text for it. */
export function doing({ parts }: Doc): string | null {
  const last = parts.findLast(({ kind }) => !kindOf(kind).foot);
  if (!last) return null;
  const { doing, next } = kindOf(last.kind);
  return (last.open ? doing : next) ?? null;
}

export interface Looks {
  readonly over: boolean;
  /** Characters of the answer's text to show. */
  readonly shown: number;
  readonly name: string;
  readonly gone: PartLooks["gone"];
}

export class PartList {
  readonly root = element("div", { class: "sc-parts" });
  readonly #foot = element("div", { class: "sc-foot" });
  readonly #page: Page;
  readonly #copying: Copying;
  readonly #id: string;
  readonly #act: (part: number, action: string, value: unknown) => void;
  #shown: Shown[] = [];
  #parts: readonly Part[] | undefined;
  #groups: readonly Group[] = [];
  #made = 0;

  constructor(page: Page, copying: Copying, act: (part: number, action: string, value: unknown) => void) {
    this.#page = page;
    this.#copying = copying;
    this.#act = act;
    this.#id = page.newId();
    this.root.append(this.#foot);
  }

  update({ parts }: Doc, { over, shown, name, gone }: Looks): void {
    if (parts !== this.#parts) this.#groups = groups(parts);
    this.#parts = parts;
    const now = this.#groups;
    const lastText = now.findLastIndex((group) => group.parts[0]?.text);
    let before = 0;
    for (const [at, group] of now.entries()) {
      const { length } = textOf(group);
      const visible = Math.min(Math.max(0, shown - before), length);
      this.#draw(this.#viewOf(at, group), group.parts, { over, last: at === lastText, shown: visible, name, gone });
      before += length;
    }
    this.#cut(now.length);
  }

  dispose(): void {
    this.#cut(0);
  }

  /** Update a view, unless nothing has changed. */
  #draw(one: Shown, parts: readonly Part[], looks: PartLooks): void {
    const { drawn } = one;
    const all = Object.values(looks).join();
    if (drawn?.looks === all && isSame(drawn.parts, parts)) return;
    one.drawn = { parts, looks: all };
    one.view.update(parts, looks);
  }

  #viewOf(at: number, group: Group): Shown {
    const there = this.#shown[at];
    if (there?.kind === group.kind) {
      there.begin = group.begin;
      return there;
    }
    // The views from here belong to another answer, or stood in for the part that has come now.
    this.#cut(at);
    const kind = kindOf(group.kind);
    this.#made += 1;
    const shown: Shown = {
      kind: group.kind,
      begin: group.begin,
      drawn: null,
      view: kind.make({
        page: this.#page,
        copying: this.#copying,
        id: `${this.#id}-${this.#made}`,
        act: (part, action, value) => this.#act(shown.begin + part, action, value),
      }),
    };
    this.#shown.push(shown);
    if (kind.foot) this.#foot.append(shown.view.root);
    else this.root.insertBefore(shown.view.root, this.#foot);
    return shown;
  }

  #cut(length: number): void {
    for (const { view } of this.#shown.splice(length)) {
      view.dispose?.();
      view.root.remove();
    }
  }
}

const isSame = (before: readonly Part[], now: readonly Part[]): boolean =>
  before.length === now.length && before.every((part, at) => part === now[at]);
