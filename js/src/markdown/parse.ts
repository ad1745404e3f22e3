/**
 * Markdown (CommonMark with GitHub's tables, strikethrough, task lists, autolinks and footnotes) to the tree.
 *
 * At this stage the whole text is parsed each time, by markdown-it. Only this file knows that.
 */

import MarkdownIt, { type MarkdownIt as Parser, type Token } from "markdown-it";
import footnote from "markdown-it-footnote";
import { type Policy, SAFE } from "./links.js";
import type { Align, Block, Cell, Inline, Item, Note, Row } from "./tree.js";

const parser = makeParser();

export function parse(text: string, policy: Policy = SAFE): Block[] {
  return new Blocks(parser.parse(text, {}), policy).read();
}

function makeParser(): Parser {
  const md = new MarkdownIt({ html: true, linkify: true });
  md.use(footnote).disable("footnote_inline");
  // Every target passes our own policy, when the tree is made.
  md.validateLink = () => true;
  md.normalizeLink = (url) => url;
  md.normalizeLinkText = (url) => url;
  // A bare name with a dot is a file ("notes.md") more often than a site.
  md.linkify.set({ fuzzyLink: false, fuzzyEmail: true });
  md.linkify.add("//", null);
  md.linkify.add("www.", {
    validate: (rest: string, at: number, linkify: typeof md.linkify) => {
      const url = linkify.match(`http://www.${rest.slice(at)}`)?.[0];
      return url?.index === 0 ? url.lastIndex - "http://www.".length : 0;
    },
    normalize: (match: { url: string }) => {
      match.url = `http://${match.url}`;
    },
  });
  return md;
}

/** Reads the parser's flat list of tokens, from `*_open` to `*_close`. */
class Blocks {
  readonly #tokens: readonly Token[];
  readonly #policy: Policy;
  #at = 0;

  constructor(tokens: readonly Token[], policy: Policy) {
    this.#tokens = tokens;
    this.#policy = policy;
  }

  /** The blocks up to the token of type `end`, which is consumed. */
  read(end: string | null = null): Block[] {
    const blocks: Block[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      const block = this.#block(token);
      if (block) blocks.push(block);
    }
    return blocks;
  }

  #next(): Token | undefined {
    const token = this.#tokens[this.#at];
    this.#at += 1;
    return token;
  }

  #block(token: Token): Block | null {
    switch (token.type) {
      case "paragraph_open":
        return { kind: "paragraph", tight: token.hidden, children: this.#inlines("paragraph_close") };
      case "heading_open":
        return { kind: "heading", depth: Number(token.tag.slice(1)), children: this.#inlines("heading_close") };
      case "fence":
      case "code_block":
        return {
          kind: "pre",
          language: parser.utils.unescapeAll(token.info).trim().split(/\s+/)[0] ?? "",
          // Without its last line break a block that grows by characters is a text that grows at its end.
          text: token.content.replace(/\n$/, ""),
        };
      case "blockquote_open":
        return { kind: "quote", children: this.read("blockquote_close") };
      case "bullet_list_open":
        return { kind: "list", start: null, children: this.#items("bullet_list_close") };
      case "ordered_list_open":
        return {
          kind: "list",
          start: Number(token.attrGet("start") ?? 1),
          children: this.#items("ordered_list_close"),
        };
      case "table_open":
        return { kind: "table", children: this.#rows() };
      case "hr":
        return { kind: "rule" };
      case "html_block":
        return { kind: "html", text: token.content.replace(/\n+$/, "") };
      case "footnote_block_open":
        return { kind: "notes", children: this.#notes() };
      default:
        return null;
    }
  }

  #inlines(end: string): Inline[] {
    let inlines: Inline[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      if (token.type === "inline") inlines = new Inlines(token.children ?? [], this.#policy).read();
    }
    return inlines;
  }

  #items(end: string): Item[] {
    const items: Item[] = [];
    for (let token = this.#next(); token && token.type !== end; token = this.#next()) {
      if (token.type === "list_item_open") items.push(asTask(this.read("list_item_close")));
    }
    return items;
  }

  #rows(): Row[] {
    const rows: Row[] = [];
    for (let token = this.#next(); token && token.type !== "table_close"; token = this.#next()) {
      if (token.type === "tr_open") rows.push({ kind: "row", children: this.#cells() });
    }
    return rows;
  }

  #cells(): Cell[] {
    const cells: Cell[] = [];
    for (let token = this.#next(); token && token.type !== "tr_close"; token = this.#next()) {
      const header = token.type === "th_open";
      if (!header && token.type !== "td_open") continue;
      const align = /(left|center|right)/.exec(String(token.attrGet("style") ?? ""))?.[1] ?? null;
      cells.push({
        kind: "cell",
        header,
        align: align as Align,
        children: this.#inlines(header ? "th_close" : "td_close"),
      });
    }
    return cells;
  }

  #notes(): Note[] {
    const notes: Note[] = [];
    for (let token = this.#next(); token && token.type !== "footnote_block_close"; token = this.#next()) {
      if (token.type !== "footnote_open") continue;
      const from = this.#at;
      const children = this.read("footnote_close");
      const uses = this.#tokens.slice(from, this.#at).filter((each) => each.type === "footnote_anchor").length;
      notes.push({ kind: "note", note: noteNumber(token), uses, children });
    }
    return notes;
  }
}

const noteNumber = (token: Token): number => Number((token.meta as { id: number }).id) + 1;

/** A list item; "[ ] " or "[x] " before its first words makes it a task. */
function asTask(children: Block[]): Item {
  const first = children[0];
  const text = first?.kind === "paragraph" ? first.children[0] : undefined;
  const mark = text?.kind === "text" ? /^\[([ xX])\](?:\s|$)/.exec(text.text) : null;
  if (first?.kind !== "paragraph" || text?.kind !== "text" || mark === null) {
    return { kind: "item", checked: null, children };
  }
  const rest: Inline = { kind: "text", text: text.text.slice(mark[0].length) };
  const paragraph: Block = { ...first, children: [rest, ...first.children.slice(1)] };
  return { kind: "item", checked: mark[1] !== " ", children: [paragraph, ...children.slice(1)] };
}

class Inlines {
  readonly #tokens: readonly Token[];
  readonly #policy: Policy;
  #at = 0;

  constructor(tokens: readonly Token[], policy: Policy) {
    this.#tokens = tokens;
    this.#policy = policy;
  }

  read(end: string | null = null): Inline[] {
    const inlines: Inline[] = [];
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at] as Token;
      this.#at += 1;
      if (token.type === end) break;
      for (const inline of this.#inline(token)) push(inlines, inline);
    }
    return inlines;
  }

  #inline(token: Token): readonly Inline[] {
    switch (token.type) {
      case "text":
      case "text_special":
        return [{ kind: "text", text: token.content }];
      case "softbreak":
        return [{ kind: "text", text: "\n" }];
      case "hardbreak":
        return [{ kind: "break" }];
      case "code_inline":
        return [{ kind: "code", text: token.content }];
      case "em_open":
        return [{ kind: "emphasis", children: this.read("em_close") }];
      case "strong_open":
        return [{ kind: "strong", children: this.read("strong_close") }];
      case "s_open":
        return [{ kind: "strike", children: this.read("s_close") }];
      case "link_open":
        return this.#link(token);
      case "image":
        return this.#image(token);
      case "footnote_ref": {
        const { subId } = token.meta as { subId: number };
        return [{ kind: "reference", note: noteNumber(token), use: subId + 1 }];
      }
      case "html_inline":
        // The one tag that is common in answers, in tables above all, and means no more than itself.
        return /^<br\s*\/?>$/i.test(token.content) ? [{ kind: "break" }] : [{ kind: "text", text: token.content }];
      default:
        return token.content === "" ? [] : [{ kind: "text", text: token.content }];
    }
  }

  #image(token: Token): readonly Inline[] {
    const alt = plain(new Inlines(token.children ?? [], this.#policy).read());
    const safe = this.#policy.image(String(token.attrGet("src") ?? ""));
    if (safe === null) return [{ kind: "text", text: alt }];
    return [{ kind: "image", ...safe, alt, title: String(token.attrGet("title") ?? "") }];
  }

  #link(token: Token): readonly Inline[] {
    const href = this.#policy.href(String(token.attrGet("href") ?? ""));
    const children = this.read("link_close");
    if (href === null) return children;
    return [{ kind: "link", href, title: String(token.attrGet("title") ?? ""), children }];
  }
}

function plain(inlines: readonly Inline[]): string {
  return inlines
    .map((inline) => {
      if (inline.kind === "text" || inline.kind === "code") return inline.text;
      if (inline.kind === "image") return inline.alt;
      return "children" in inline ? plain(inline.children) : "";
    })
    .join("");
}

/** Append, in one text where two meet: what grows then grows in one place. */
function push(inlines: Inline[], inline: Inline): void {
  const last = inlines.at(-1);
  if (inline.kind === "text" && inline.text === "") return;
  if (inline.kind === "text" && last?.kind === "text") {
    inlines[inlines.length - 1] = { kind: "text", text: last.text + inline.text };
  } else {
    inlines.push(inline);
  }
}
