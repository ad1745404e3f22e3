/** The kinds of parts in the page. Each kind has its own module, which registers itself here. */

import type { Doc, Part } from "../../wire/protocol.js";
import type { State } from "../../wire/store.js";
import type { Copying } from "../copy.js";
import type { Page } from "../page.js";

/** What a view of parts gets once. */
export interface Context {
  readonly page: Page;
  readonly copying: Copying;
  /** A prefix for all ids in the view. */
  readonly id: string;
  /** Apply an action to a part; `part` is its index within this view. */
  act(part: number, action: string, value?: unknown): void;
}

/** What a view of parts gets with each change. */
export interface Looks {
  /** The answer has ended. */
  readonly over: boolean;
  /** It is the last text, so no text below it grows instead. */
  readonly last: boolean;
  /** Characters of the bodies to show; more are revealed with each frame. */
  readonly shown: number;
  /** The name of the answer; another answer has another name. */
  readonly name: string;
  /** Why no kernel can process the user's actions, or null. */
  readonly gone: State["gone"];
}

/** The view of one part, or of several that look like one. */
export interface PartView {
  readonly root: HTMLElement;
  update(parts: readonly Part[], looks: Looks): void;
  dispose?(): void;
}

export interface Kind {
  make(context: Context): PartView;
  /** Whether a part shares the view of the part before it, which is of the same kind. */
  joins?(part: Part): boolean;
  /** Whether it is shown below all other parts. */
  readonly foot?: boolean;
  /** What the status line shows while a part of this kind grows. */
  readonly doing?: string;
  /** What the status line shows after such a part has ended, if nothing follows and the answer is not over. */
  readonly next?: string;
  /** The heading over such parts in a copy. */
  readonly heading?: string;
  /** Its text in a copy, as Markdown. */
  copied?(part: Part): string;
  /** The text of consecutive text parts of this kind in a copy, if that is not the text as it is. */
  framed?(text: string): string;
  /** Whether two of them are separated by a blank line in a copy. */
  readonly apart?: boolean;
}

export const KINDS = new Map<string, Kind>();

/** The copy of an answer: its text, and below it the other parts that are copied. */
export function copied({ parts }: Pick<Doc, "parts">): string {
  let text = "";
  let before: string | null = null;
  for (const part of joined(parts)) {
    const kind = KINDS.get(part.kind);
    const said = part.text ? (kind?.framed?.(part.body) ?? part.body) : (kind?.copied?.(part) ?? "");
    if (said === "") continue;
    const close = before === part.kind && !kind?.apart;
    const gap = before === null || (part.text && close) ? "" : close ? "\n" : "\n\n";
    const heading = kind?.heading && before !== part.kind ? `**${kind.heading}**\n\n` : "";
    text = gap === "\n\n" ? withoutEnd(text) + gap + heading + said.replace(/^\n+/, "") : text + gap + heading + said;
    before = part.kind;
  }
  return text;
}

/** The parts, with consecutive texts that are framed together as one part. */
function joined(parts: readonly Part[]): Part[] {
  const found: Part[] = [];
  for (const part of parts) {
    const last = found.at(-1);
    if (last?.kind === part.kind && part.text && KINDS.get(part.kind)?.framed) {
      found[found.length - 1] = { ...last, body: last.body + part.body };
    } else found.push(part);
  }
  return found;
}

/** A text without the line breaks at its end. */
function withoutEnd(text: string): string {
  let { length } = text;
  while (text[length - 1] === "\n") length -= 1;
  return text.slice(0, length);
}

/** Markdown with a text as a code block, in a fence that is longer than any run of backticks in it. */
export function fenced(text: string, language = ""): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}${language}\n${text}\n${fence}`;
}
