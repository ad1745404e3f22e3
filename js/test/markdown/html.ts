/** The tree as the specification's HTML, to compare with its examples. */

import type { Attributes, Block, Cell, Document, Inline, Item } from "../../src/markdown/tree.js";

export function html(document: Document): string {
  const notes = document.notes.map((note) => `[${note.note}\u00d7${note.uses}] ${blocks(note.children)}`);
  return [blocks(document.children), ...notes].filter(Boolean).join("\n");
}

/** Empty lines between blocks are layout; in code, comments and raw HTML they are not. */
export const plain = (text: string): string =>
  text
    .split(/(<pre[\s\S]*?<\/pre>|<!--[\s\S]*?-->)/)
    .map((part, index) => (index % 2 === 0 ? part.replace(/\n+/g, "\n") : part))
    .join("")
    .trim();

const blocks = (nodes: readonly (Block | Inline)[], tight = false): string =>
  nodes.map((node) => block(node, tight)).join("\n");

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

const attributes = (values: Attributes): string =>
  Object.entries(values)
    .map(([name, value]) => ` ${name}="${escaped(value)}"`)
    .join("");

function block(node: Block | Inline, tight: boolean): string {
  switch (node.kind) {
    case "paragraph":
      return tight ? inlines(node.children) : `<p>${inlines(node.children)}</p>`;
    case "heading":
      return `<h${node.depth}>${inlines(node.children)}</h${node.depth}>`;
    case "pre": {
      const language = node.language ? ` class="language-${escaped(node.language)}"` : "";
      return `<pre><code${language}>${node.lines.map((line) => `${escaped(line)}\n`).join("")}</code></pre>`;
    }
    case "quote":
      return `<blockquote${node.alert ? ` class="${node.alert}"` : ""}>\n${blocks(node.children)}\n</blockquote>`.replace(
        "\n\n",
        "\n",
      );
    case "list": {
      const tag = node.start === null ? "ul" : "ol";
      const start = node.start === null || node.start === 1 ? "" : ` start="${node.start}"`;
      return `<${tag}${start}>\n${node.children.map((each) => item(each, node.tight)).join("\n")}\n</${tag}>`;
    }
    case "rule":
      return "<hr />";
    case "html":
      return node.lines.join("\n");
    case "formula":
      return `<math display="block">${escaped(node.text)}</math>`;
    case "box":
      return `<${node.tag}${attributes(node.attributes)}>${blocks(node.children)}</${node.tag}>`;
    case "table": {
      const [head, ...rows] = node.children;
      const body = rows.length ? `\n<tbody>\n${rows.map((row) => tr(row.children)).join("\n")}\n</tbody>` : "";
      return `<table>\n<thead>\n${tr(head?.children ?? [])}\n</thead>${body}\n</table>`;
    }
    default:
      return inline(node);
  }
}

function item(node: Item, tight: boolean): string {
  const box = node.checked === null ? "" : `<input type="checkbox"${node.checked ? " checked" : ""} disabled /> `;
  const parts = node.children.map((child, index) => {
    const isText = child.kind === "paragraph" && tight;
    const before = isText || index > 0 ? "" : "\n";
    const last = index === node.children.length - 1;
    return `${before}${block(child, tight)}${isText && last ? "" : "\n"}`;
  });
  // A tight text between blocks stands on a line of its own.
  return `<li>${box}${parts.join("")}</li>`;
}

function tr(cells: readonly Cell[]): string {
  const rows = cells.map((cell) => {
    const tag = cell.header ? "th" : "td";
    const align = cell.align ? ` align="${cell.align}"` : "";
    return `<${tag}${align}>${inlines(cell.children)}</${tag}>`;
  });
  return `<tr>\n${rows.join("\n")}\n</tr>`;
}

const inlines = (nodes: readonly Inline[]): string => nodes.map(inline).join("");

const TAGS = { emphasis: "em", strong: "strong", strike: "del" } as const;

function inline(node: Inline): string {
  switch (node.kind) {
    case "text":
      return escaped(node.text);
    case "code":
      return `<code>${escaped(node.text)}</code>`;
    case "emphasis":
    case "strong":
    case "strike":
      return `<${TAGS[node.kind]}>${inlines(node.children)}</${TAGS[node.kind]}>`;
    case "break":
      return "<br />\n";
    case "link": {
      const title = node.title ? ` title="${escaped(node.title)}"` : "";
      return `<a href="${escaped(node.href ?? "?")}"${title}>${inlines(node.children)}</a>`;
    }
    case "image": {
      const title = node.title ? ` title="${escaped(node.title)}"` : "";
      return `<img src="${escaped(node.src)}" alt="${escaped(node.alt)}"${title} />`;
    }
    case "math":
      return `<math${node.display ? ' display="block"' : ""}>${escaped(node.text)}</math>`;
    case "reference":
      return `[^${node.note}.${node.use}]`;
    case "element":
      return `<${node.tag}${attributes(node.attributes)}>${inlines(node.children)}</${node.tag}>`;
    case "raw":
      return node.text;
  }
}
