/**
 * Turns blocks of raw HTML into elements around Markdown blocks: `<details>` in one block and `</details>` in a later
 * one contain the blocks between them.
 */

import { attach, type Parent, settle } from "./blocks.js";
import { decodeEntities, MORE } from "./characters.js";
import type { Policy } from "./links.js";
import {
  IMPLIED,
  isAllowed,
  isPhrasing,
  isVoid,
  readAttributes,
  readImage,
  readTag,
  safeAttributes,
  scanTag,
} from "./tags.js";
import type { Box, Inline } from "./tree.js";

/** The deepest nesting of elements; deeper ones are text, because no page could show them. */
const DEEPEST = 32;

/** Whether a block of raw HTML that begins with this line becomes elements; else it is shown as text. */
export function isWoven(line: string): boolean {
  const begun = line.trimStart();
  if (begun.startsWith("<!--")) return true;
  const name = /^<\/?([a-z][a-z0-9-]*)/i.exec(begun)?.[1]?.toLowerCase();
  return name !== undefined && isAllowed(name);
}

/**
 * What must come before a line of raw HTML is treated as HTML; null: nothing. A comment must end, and so must an
 * element with text after its tag, unless HTML allows its end tag to be left out there.
 */
export function missingEnd(line: string, isWithin: boolean): RegExp | null {
  const begun = line.trimStart();
  if (begun.startsWith("<!--")) return begun.includes("-->") ? null : /-->/;
  const end = scanTag(begun, 0);
  const tag = end < 0 ? null : readTag(begun.slice(0, end));
  if (tag?.type !== "open" || isVoid(tag.name) || (isWithin && IMPLIED[tag.name])) return null;
  const close = new RegExp(`</${tag.name}[\\s>]`, "i");
  const behind = begun.slice(end);
  return /^\s*(?:<|$)/.test(behind) || close.test(behind) ? null : close;
}

export class Weaver {
  readonly kind = "html";
  readonly condition: number;
  /** The open elements, outermost first. */
  readonly #boxes: Box[];
  readonly #root: Parent;
  readonly #cut: Set<string>;
  readonly #policy: Policy;
  #pending = "";
  /** The paragraph that was added around text outside any element. */
  #implicit: Box | null = null;

  constructor(condition: number, boxes: Box[], root: Parent, cut: Set<string>, policy: Policy) {
    this.condition = condition;
    this.#boxes = boxes;
    this.#root = root;
    this.#cut = cut;
    this.#policy = policy;
  }

  line(text: string): void {
    this.#pending += `${text}\n`;
    this.#take(false);
  }

  close(): void {
    this.#take(true);
    this.#endImplicit();
    // Inline elements end with the block; elements that can contain blocks stay open.
    let top = this.#boxes.at(-1);
    while (top && isPhrasing(top.tag)) {
      this.#pop();
      top = this.#boxes.at(-1);
    }
  }

  get #top(): Parent {
    return this.#boxes.at(-1) ?? this.#root;
  }

  #take(final: boolean): void {
    let at = 0;
    const text = this.#pending;
    while (at < text.length) {
      const next = text.indexOf("<", at);
      if (next < 0) {
        this.#text(decodeEntities(text.slice(at)));
        at = text.length;
        break;
      }
      this.#text(decodeEntities(text.slice(at, next)));
      at = next;
      const end = scanTag(text, at);
      if (end === MORE && !final) break;
      if (end < 0) {
        // Without an end, the "<" of a tag or comment is text.
        this.#text("<");
        at += 1;
      } else {
        this.#tag(text.slice(at, end));
        at = end;
      }
    }
    this.#pending = text.slice(at);
  }

  #tag(raw: string): void {
    const tag = readTag(raw);
    if (tag.type === "other") {
      if (!raw.startsWith("<!--")) this.#text(raw);
    } else if (!isAllowed(tag.name)) this.#text(raw);
    else if (tag.type === "close") this.#closeTag(tag.name, raw);
    else this.#openTag(tag.name, tag.attributes, raw);
  }

  #openTag(name: string, attributes: string, raw: string): void {
    if (name === "br") this.#inline({ kind: "break" });
    else if (name === "img") this.#inline(readImage(attributes, this.#policy));
    else if (name === "hr") {
      this.#endImplicit();
      attach(this.#top, { kind: "rule", open: false });
      settle(this.#top);
    } else if (isVoid(name)) return;
    else if (this.#boxes.length >= DEEPEST) this.#text(raw);
    else {
      if (isPhrasing(name)) this.#beginImplicit();
      else this.#endImplicit();
      this.#endImplied(name);
      this.#push(name, attributes);
    }
  }

  #push(tag: string, source: string): Box {
    const attributes = tag === "a" ? this.#target(source) : safeAttributes(tag, source);
    const box: Box = { kind: "box", tag, attributes, children: [], settled: 0, open: true };
    attach(this.#top, box);
    this.#boxes.push(box);
    return box;
  }

  #target(source: string): Record<string, string> {
    const attributes = readAttributes(source);
    const href = this.#policy.href(attributes.get("href") ?? "");
    const title = attributes.get("title") ?? "";
    return href === null ? {} : title === "" ? { href } : { href, title };
  }

  #pop(): void {
    const box = this.#boxes.pop();
    if (box === undefined) return;
    settle(box);
    box.open = false;
    if (box === this.#implicit) this.#implicit = null;
    settle(this.#top);
  }

  #closeTag(name: string, raw: string): void {
    const index = this.#boxes.findLastIndex((box) => box.tag === name && box !== this.#implicit);
    if (index < 0) {
      // An element that was already closed needs no end tag; any other end tag is shown as text.
      if (!IMPLIED[name] && !this.#cut.delete(name)) this.#text(raw);
      return;
    }
    while (this.#boxes.length > index) this.#pop();
  }

  /** Close the elements that this opening tag ends implicitly. */
  #endImplied(name: string): void {
    const rule = IMPLIED[name];
    if (rule === undefined) return;
    const from = this.#boxes.findLastIndex((box) => rule.within.includes(box.tag)) + 1;
    const index = this.#boxes.findIndex((box, at) => at >= from && rule.ends.includes(box.tag));
    while (index >= 0 && this.#boxes.length > index) this.#pop();
  }

  #beginImplicit(): void {
    if (this.#boxes.length === 0) this.#implicit = this.#push("p", "");
  }

  #endImplicit(): void {
    while (this.#implicit) this.#pop();
  }

  #text(text: string): void {
    const preserved = this.#boxes.some((box) => box.tag === "pre");
    const top = this.#top;
    const isInline = this.#boxes.length > 0 && (isPhrasing(this.#boxes.at(-1)?.tag ?? "") || top.children.length > 0);
    if (text === "" || (text.trim() === "" && !preserved && !isInline)) return;
    this.#inline({ kind: "text", text });
  }

  #inline(node: Inline): void {
    this.#beginImplicit();
    attach(this.#top, node);
    settle(this.#top);
  }
}
