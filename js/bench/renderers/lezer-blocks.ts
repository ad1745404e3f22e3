/** The DOM of a Lezer tree of Markdown, as far as the bench's documents need it. */

import type { SyntaxNode } from "@lezer/common";

const HIDDEN = /Mark$|^(?:CodeInfo|URL|LinkTitle|LinkLabel|TableDelimiter|TaskMarker)$/;
const SPANS: Readonly<Record<string, string>> = { Emphasis: "em", StrongEmphasis: "strong", Strikethrough: "del" };
const BLOCKS: Readonly<Record<string, string>> = { Blockquote: "blockquote", ListItem: "li" };

export class LezerBlocks {
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  block(node: SyntaxNode, tight: boolean): Element | null {
    switch (node.name) {
      case "Paragraph":
        return make(tight ? "span" : "p", this.#inline(node, node.from, node.to));
      case "Task":
        return make(
          "span",
          make("input", null, { type: "checkbox", disabled: "" }),
          this.#inline(node, node.from, node.to),
        );
      case "FencedCode":
      case "CodeBlock":
        return make(
          "pre",
          make(
            "code",
            node
              .getChildren("CodeText")
              .map((code) => this.#source(code))
              .join(""),
          ),
        );
      case "HorizontalRule":
        return make("hr");
      case "BulletList":
      case "OrderedList": {
        const isTight = !/\n\s*\n/.test(this.#source(node));
        return make(node.name === "BulletList" ? "ul" : "ol", this.#blocks(node, isTight));
      }
      case "Table":
        return this.#table(node);
      default: {
        const heading = /^(?:ATX|Setext)Heading(\d)$/.exec(node.name);
        if (heading) return make(`h${heading[1]}`, this.#inline(node, node.from, node.to));
        const tag = BLOCKS[node.name];
        return tag ? make(tag, this.#blocks(node, tight)) : null;
      }
    }
  }

  #source(node: SyntaxNode): string {
    return this.#text.slice(node.from, node.to);
  }

  #blocks(node: SyntaxNode, tight: boolean): DocumentFragment {
    const made = document.createDocumentFragment();
    for (let child = node.firstChild; child; child = child.nextSibling) made.append(this.block(child, tight) ?? "");
    return made;
  }

  #table(node: SyntaxNode): Element {
    const row = (source: SyntaxNode, tag: string): Element =>
      make("tr", ...source.getChildren("TableCell").map((cell) => make(tag, this.#inline(cell, cell.from, cell.to))));
    const head = node.getChildren("TableHeader").map((each) => row(each, "th"));
    const body = node.getChildren("TableRow").map((each) => row(each, "td"));
    return make("table", make("thead", ...head), make("tbody", ...body));
  }

  #inline(node: SyntaxNode, from: number, to: number): DocumentFragment {
    const made = document.createDocumentFragment();
    let at = from;
    for (let child = node.firstChild; child; child = child.nextSibling) {
      if (child.from > at) made.append(this.#text.slice(at, child.from));
      at = child.to;
      made.append(this.#span(child));
    }
    if (to > at) made.append(this.#text.slice(at, to));
    return made;
  }

  #span(node: SyntaxNode): Node | string {
    const tag = SPANS[node.name];
    if (tag) return make(tag, this.#inline(node, node.from, node.to));
    if (HIDDEN.test(node.name)) return "";
    switch (node.name) {
      case "InlineCode":
        return make("code", this.#inline(node, node.from, node.to));
      case "Link": {
        const url = node.getChild("URL");
        const [open, close] = node.getChildren("LinkMark");
        if (!url || !open || !close) return this.#source(node);
        return make("a", this.#inline(node, open.from, close.to), { href: this.#source(url) });
      }
      case "HardBreak":
        return make("br");
      default:
        return this.#source(node);
    }
  }
}

type Content = Node | string | null;

function make(tag: string, ...content: readonly (Content | Readonly<Record<string, string>>)[]): Element {
  const made = document.createElement(tag);
  for (const each of content) {
    if (typeof each === "string" || each instanceof Node) made.append(each);
    else for (const [name, value] of Object.entries(each ?? {})) made.setAttribute(name, value);
  }
  return made;
}
