/**
 * Emphasis: the flat list of items in a text before its delimiters are matched, and the matching. CommonMark 0.31.2,
 * "An algorithm for parsing nested emphasis and links".
 */

import { charAt, charBefore, isCjk, isPunctuation, isWhitespace } from "./characters.js";
import type { Inline } from "./tree.js";

export interface Delimiter {
  readonly type: "delimiter";
  readonly char: string;
  /** The length of the run, and how many of its characters are not matched yet. */
  readonly size: number;
  count: number;
  canOpen: boolean;
  canClose: boolean;
}

export interface Bracket {
  readonly type: "bracket";
  readonly image: boolean;
  /** The position of the text after it. */
  readonly at: number;
  /** False inside another link, where no link is allowed. */
  active: boolean;
  /** Another bracket follows, so the text between the brackets cannot be a label. */
  nested: boolean;
}

/** The opening tag of an allowed element; `make` wraps its content. */
export interface OpenTag {
  readonly type: "tag";
  readonly tag: string;
  /** As it was written. */
  readonly raw: string;
  readonly make: (children: Inline[]) => readonly Inline[];
}

export type Item = { type: "text"; text: string } | { type: "node"; node: Inline } | Delimiter | Bracket | OpenTag;

const DIGIT = /\d/;
const LABEL_END = /[:.!?]/;
const WORD = /[\p{L}\p{N}]/u;

// "5*4*3", "20~25 °C" and the stars of globs: no writer means these as markup.
function isNoMark(char: string, size: number, before: string, after: string): boolean {
  // "About 5", "about $40B".
  if (char === "~")
    return size === 1 && ((WORD.test(before) && WORD.test(after)) || /[\d$\u20ac\u00a3\u00a5]/.test(after));
  return char === "*" && ((DIGIT.test(before) && DIGIT.test(after)) || (before === "/" && /[/.]/.test(after)));
}

/**
 * A run of delimiters, or null if it can neither open nor close anything. With `habits`, Chinese, Japanese and Korean
 * characters and punctuation do not count as punctuation, and beside one, delimiters are treated as beside a space (the
 * proposal "CJK-friendly emphasis"), because those scripts write no spaces between words.
 */
export function delimiter(text: string, at: number, end: number, habits: boolean): Delimiter | null {
  const char = text[at] as string;
  const before = charBefore(text, at);
  const after = charAt(text, end);
  const spaceBefore = isWhitespace(before);
  const spaceAfter = isWhitespace(after);
  const word = char === "_";
  const [cjkBefore, cjkAfter] = habits && !word ? [isCjk(before), isCjk(after)] : [false, false];
  const markBefore = !cjkBefore && isPunctuation(before);
  const markAfter = !cjkAfter && isPunctuation(after);
  const left = !spaceAfter && (!markAfter || spaceBefore || markBefore || cjkBefore);
  const right = !spaceBefore && (!markBefore || spaceAfter || markAfter || cjkAfter);
  const canOpen = word ? left && (!right || markBefore) : left;
  const size = end - at;
  // "**Note:**text": two stars after a colon or a full stop are meant to close.
  const isLabel = habits && char === "*" && size === 2 && LABEL_END.test(before) && WORD.test(after);
  const canClose = word ? right && (!left || markAfter) : right || isLabel;
  if ((!canOpen && !canClose) || (char === "~" && size > 2)) return null;
  if (habits && isNoMark(char, size, before, after)) return null;
  return { type: "delimiter", char, size, count: size, canOpen, canClose };
}

/** For each kind of closer, the index before which there is no opener for it. */
export type Bottoms = Map<string, number>;

const kindOf = (closer: Delimiter): string =>
  `${closer.char}${closer.canOpen ? "+" : "-"}${closer.char === "~" ? closer.size : closer.size % 3}`;

function matches(opener: Delimiter, closer: Delimiter): boolean {
  if (opener.char !== closer.char || !opener.canOpen || opener.count === 0) return false;
  if (closer.char === "~") return opener.count === closer.count;
  if (!closer.canOpen && !opener.canClose) return true;
  return closer.size % 3 === 0 || (opener.size + closer.size) % 3 !== 0;
}

/** Match the closer at `index` with openers after `floor`; returns the index at which to continue. */
export function close(items: Item[], index: number, floor: number, bottoms: Bottoms): number {
  let at = index;
  const closer = items[at] as Delimiter;
  while (closer.count > 0) {
    const kind = kindOf(closer);
    const bottom = Math.max(floor, bottoms.get(kind) ?? 0);
    const opener = findOpener(items, at - 1, bottom, closer);
    if (opener < 0) {
      bottoms.set(kind, at);
      if (!closer.canOpen) items[at] = { type: "text", text: closer.char.repeat(closer.count) };
      return at + 1;
    }
    at = wrap(items, opener, at);
    for (const [each, value] of bottoms) if (value > at) bottoms.set(each, at);
  }
  return at;
}

function findOpener(items: readonly Item[], from: number, bottom: number, closer: Delimiter): number {
  for (let index = from; index >= bottom; index -= 1) {
    const item = items[index];
    if (item?.type === "delimiter" && matches(item, closer)) return index;
  }
  return -1;
}

/** Turn the items between opener and closer into a node; returns the index of the closer, or of the item after it. */
function wrap(items: Item[], opener: number, closer: number): number {
  const open = items[opener] as Delimiter;
  const end = items[closer] as Delimiter;
  const used = open.char === "~" ? open.count : open.count >= 2 && end.count >= 2 ? 2 : 1;
  const kind = open.char === "~" ? "strike" : used === 2 ? "strong" : "emphasis";
  const children = settle(items.slice(opener + 1, closer));
  open.count -= used;
  end.count -= used;
  const nodes = nested(children, (inner) => [{ kind, children: inner }]).map(itemOf);
  const from = open.count > 0 ? opener + 1 : opener;
  items.splice(from, closer + (end.count > 0 ? 0 : 1) - from, ...nodes);
  return from + nodes.length;
}

const itemOf = (node: Inline): Item =>
  node.kind === "text" ? { type: "text", text: node.text } : { type: "node", node };

const depths = new WeakMap<Inline, number>();

/** The nesting depth of nodes. Each node is examined once, because its children do not change. */
function depthOf(nodes: readonly Inline[]): number {
  let most = 0;
  for (const node of nodes) {
    let depth = depths.get(node);
    if (depth === undefined) {
      depth = "children" in node ? 1 + depthOf(node.children) : 0;
      depths.set(node, depth);
    }
    most = Math.max(most, depth);
  }
  return most;
}

/** The nodes wrapped by `make`, or the nodes alone if they are already nested as deeply as a page can show. */
export const nested = (nodes: Inline[], make: Maker): readonly Inline[] =>
  depthOf(nodes) < DEEPEST ? make(nodes) : nodes;

/** Match all closers from `from` on. */
export function closeAll(items: Item[], from: number, floor: number, bottoms: Bottoms): void {
  let index = from;
  while (index < items.length) {
    const item = items[index] as Item;
    index =
      item.type === "delimiter" && item.canClose && item.count > 0 ? close(items, index, floor, bottoms) : index + 1;
  }
}

/** Whether to treat an opener that is not closed yet as if it were. */
export type Predict = (item: Delimiter | Bracket | OpenTag, index: number) => boolean;

const NEVER: Predict = () => false;

/** Elements are not nested deeper than this: no answer needs it, and each level costs the page a stack frame. */
const DEEPEST = 64;

/** The nodes of a list whose closers are matched. An open item becomes text, or if predicted, ends with the list. */
export function settle(items: readonly Item[], predict: Predict = NEVER): Inline[] {
  const root: Inline[] = [];
  const open: { readonly make: Maker; readonly children: Inline[] }[] = [];
  const top = (): Inline[] => open.at(-1)?.children ?? root;
  for (const [index, item] of items.entries()) {
    if (item.type === "text") pushText(top(), item.text);
    else if (item.type === "node") top().push(item.node);
    else if (open.length >= DEEPEST) pushText(top(), literal(item));
    else if (!predict(item, index)) pushText(top(), literal(item));
    else for (const make of predicted(item)) open.push({ make, children: [] });
  }
  for (let last = open.pop(); last; last = open.pop()) {
    if (last.children.length > 0) pushAll(top(), last.make(last.children));
  }
  return root;
}

export const literal = (item: Item): string => {
  if (item.type === "tag") return item.raw;
  if (item.type === "bracket") return item.image ? "![" : "[";
  return item.type === "delimiter" ? item.char.repeat(item.count) : "";
};

type Maker = OpenTag["make"];

const LINK: Maker = (children) => [{ kind: "link", href: null, title: "", children: unlinked(children) }];

/** An open image is not shown: it becomes a button with its alt text, once that is complete. */
const NOTHING: Maker = () => [];

const EMPHASIS: Maker = (children) => [{ kind: "emphasis", children }];

const STRONG: Maker = (children) => [{ kind: "strong", children }];

const STRIKE: Maker = (children) => [{ kind: "strike", children }];

function predicted(item: Delimiter | Bracket | OpenTag): readonly Maker[] {
  if (item.type === "tag") return [item.make];
  if (item.type === "bracket") return [item.image ? NOTHING : LINK];
  if (item.char === "~") return [STRIKE];
  if (item.count >= 3) return [EMPHASIS, STRONG];
  return [item.count === 2 ? STRONG : EMPHASIS];
}

/** Nodes without links: a link cannot contain another (section 6.3), so an address in a link's text is text. */
export function unlinked(nodes: readonly Inline[]): Inline[] {
  const all: Inline[] = [];
  for (const node of nodes) {
    if (node.kind === "link") pushAll(all, unlinked(node.children));
    else pushAll(all, ["children" in node ? { ...node, children: unlinked(node.children) } : node]);
  }
  return all;
}

/** Append text, to the last node if that is text: so that growing text is in one node. */
export function pushText(nodes: Inline[], text: string): void {
  const last = nodes.at(-1);
  if (text === "") return;
  if (last?.kind === "text") nodes[nodes.length - 1] = { kind: "text", text: last.text + text };
  else nodes.push({ kind: "text", text });
}

/** Append nodes, joining text with text. */
export function pushAll(nodes: Inline[], more: readonly Inline[]): void {
  for (const node of more) {
    if (node.kind === "text") pushText(nodes, node.text);
    else nodes.push(node);
  }
}

/** The plain text of nodes, for the alt text of an image. */
export function plain(nodes: readonly Inline[]): string {
  return nodes
    .map((node) => {
      if (node.kind === "text" || node.kind === "code" || node.kind === "math") return node.text;
      if (node.kind === "image") return node.alt;
      if (node.kind === "break") return "\n";
      return "children" in node ? plain(node.children) : "";
    })
    .join("");
}
