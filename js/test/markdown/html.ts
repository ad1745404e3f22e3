/** The tree as the specification's HTML, to compare with its examples. */

import type { Block, Cell, Inline, Item } from "../../src/markdown/tree.js";

export function html(blocks: readonly Block[]): string {
  return blocks.map(block).join("\n");
}

const escaped = (text: string): string =>
  text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

function block(node: Block): string {
  switch (node.kind) {
    case "paragraph":
      return node.tight ? inlines(node.children) : `<p>${inlines(node.children)}</p>`;
    case "heading":
      return `<h${node.depth}>${inlines(node.children)}</h${node.depth}>`;
    case "pre": {
      const language = node.language ? ` class="language-${escaped(node.language)}"` : "";
      return `<pre><code${language}>${escaped(node.text)}${node.text ? "\n" : ""}</code></pre>`;
    }
    case "quote":
      return `<blockquote>\n${html(node.children)}\n</blockquote>`.replace("\n\n", "\n");
    case "list": {
      const tag = node.start === null ? "ul" : "ol";
      const start = node.start === null || node.start === 1 ? "" : ` start="${node.start}"`;
      return `<${tag}${start}>\n${node.children.map(item).join("\n")}\n</${tag}>`;
    }
    case "rule":
      return "<hr />";
    case "html":
      return escaped(node.text);
    case "table": {
      const [head, ...rows] = node.children;
      const body = rows.length ? `\n<tbody>\n${rows.map((row) => tr(row.children)).join("\n")}\n</tbody>` : "";
      return `<table>\n<thead>\n${tr(head?.children ?? [])}\n</thead>${body}\n</table>`;
    }
    case "notes":
      return node.children.map((note) => `[${note.note}×${note.uses}] ${html(note.children)}`).join("\n");
  }
}

function item(node: Item): string {
  const box = node.checked === null ? "" : `<input type="checkbox"${node.checked ? " checked" : ""} disabled /> `;
  const parts = node.children.map((child, index) => {
    const tight = child.kind === "paragraph" && child.tight;
    const before = tight || index > 0 ? "" : "\n";
    const last = index === node.children.length - 1;
    return `${before}${block(child)}${tight && last ? "" : "\n"}`;
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

function inlines(nodes: readonly Inline[]): string {
  return nodes.map(inline).join("");
}

function inline(node: Inline): string {
  switch (node.kind) {
    case "text":
      return escaped(node.text);
    case "code":
      return `<code>${escaped(node.text)}</code>`;
    case "emphasis":
      return `<em>${inlines(node.children)}</em>`;
    case "strong":
      return `<strong>${inlines(node.children)}</strong>`;
    case "strike":
      return `<del>${inlines(node.children)}</del>`;
    case "break":
      return "<br />\n";
    case "link": {
      const title = node.title ? ` title="${escaped(node.title)}"` : "";
      return `<a href="${escaped(node.href)}"${title}>${inlines(node.children)}</a>`;
    }
    case "image": {
      const title = node.title ? ` title="${escaped(node.title)}"` : "";
      return `<img src="${escaped(node.src)}" alt="${escaped(node.alt)}"${title} />`;
    }
    case "reference":
      return `[^${node.note}.${node.use}]`;
  }
}
