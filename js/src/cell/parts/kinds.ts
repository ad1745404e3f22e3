/** What a kind of part is to the page. Each kind has a module of its own, which enters itself here. */

import type { Doc, Part } from "../../wire/protocol.js";
import type { State } from "../../wire/store.js";
import type { Copying } from "../copy.js";
import type { Page } from "../page.js";

/** What a view of parts gets once. */
export interface Context {
  readonly page: Page;
  readonly copying: Copying;
  /** Begins every id in the view. */
  readonly id: string;
  /** Do something to a part, counted within this view. */
  act(part: number, action: string, value?: unknown): void;
}

/** What a view of parts gets with each change. */
export interface Looks {
  /** Nothing more comes. */
  readonly over: boolean;
  /** Nothing stands below it that grows instead. */
  readonly last: boolean;
  /** Characters of the bodies that may be seen; the rest follows, frame by frame. */
  readonly shown: number;
  /** Another answer has another name. */
  readonly name: string;
  /** Why no kernel can take what the user does, or null. */
  readonly gone: State["gone"];
}

/** One part in the page, or several that look like one. */
export interface PartView {
  readonly root: HTMLElement;
  update(parts: readonly Part[], looks: Looks): void;
  dispose?(): void;
}

export interface Kind {
  make(context: Context): PartView;
  /** Whether a part stands in the view of the one before it, which is of this kind too. */
  joins?(part: Part): boolean;
  /** Whether it stands below all parts that do not. */
  readonly foot?: boolean;
  /** What the status line says while a part of this kind grows. */
  readonly doing?: string;
  /** What stands above such parts where they are copied. */
  readonly heading?: string;
  /** What Copy takes of it, as Markdown. */
  copied?(part: Part): string;
  /** Whether there is a blank line between two of them then. */
  readonly apart?: boolean;
}

export const KINDS = new Map<string, Kind>();

/** What Copy takes of an answer: its text, and below it what else is to be copied. */
export function copied({ parts }: Pick<Doc, "parts">): string {
  let text = "";
  let before: string | null = null;
  for (const part of parts) {
    const kind = KINDS.get(part.kind);
    const said = part.text ? part.body : (kind?.copied?.(part) ?? "");
    if (said === "") continue;
    const close = before === part.kind && !kind?.apart;
    const gap = before === null || (part.text && close) ? "" : close ? "\n" : "\n\n";
    const heading = kind?.heading && before !== part.kind ? `**${kind.heading}**\n\n` : "";
    text = gap === "\n\n" ? withoutEnd(text) + gap + heading + said.replace(/^\n+/, "") : text + gap + heading + said;
    before = part.kind;
  }
  return text;
}

/** A text without the line ends at its end. */
function withoutEnd(text: string): string {
  let { length } = text;
  while (text[length - 1] === "\n") length -= 1;
  return text.slice(0, length);
}

/** A text as a block of code in Markdown, in a fence that is longer than any run of backticks in it. */
export function fenced(text: string): string {
  const longest = Math.max(0, ...(text.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(Math.max(3, longest + 1));
  return `${fence}\n${text}\n${fence}`;
}
