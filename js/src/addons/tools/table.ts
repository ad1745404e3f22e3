/** A drawn table as CSV and as Markdown. */

import { clean, texOf } from "./clean.js";

const rowsOf = (table: Element): Element[][] =>
  [...table.querySelectorAll("tr")].map((row) => [...row.querySelectorAll(":scope > th, :scope > td")]);

/** What a spreadsheet would take for a formula, and no number is. */
const FORMULA = /^[=+\-@\t\r](?![\d.,]+%?$)/;

function plain(cell: Element): string {
  const copy = cell.cloneNode(true) as Element;
  clean(copy);
  for (const line of copy.querySelectorAll("br")) line.replaceWith("\n");
  const text = (copy.textContent ?? "").trim();
  // The answer is a stranger's: its cells must not become a spreadsheet's formulas.
  return FORMULA.test(text) ? `'${text}` : text;
}

const quoted = (text: string): string => (/[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The table by RFC 4180. */
export const csvOf = (table: Element): string =>
  rowsOf(table)
    .map((row) => `${row.map((cell) => quoted(plain(cell))).join(",")}\r\n`)
    .join("");

const RULES: Readonly<Record<string, string>> = { left: ":---", center: ":---:", right: "---:" };

/** The table by GitHub's Markdown. */
export function markdownOf(table: Element): string {
  const [head = [], ...rows] = rowsOf(table);
  const rule = head.map((cell) => RULES[cell.getAttribute("data-align") ?? ""] ?? "---");
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |\n`;
  return [head.map(inline), rule, ...rows.map((row) => row.map(inline))].map(line).join("");
}

const MARKS: Readonly<Record<string, string>> = { strong: "**", b: "**", em: "*", i: "*", del: "~~", s: "~~" };

/** The inlines of a cell. */
function inline(node: Node): string {
  if (node instanceof Text) return node.data.replace(/[\\`*_[\]<|~$]/g, "\\$&").replace(/\s+/g, " ");
  if (!(node instanceof Element)) return "";
  if (node.matches(".sc-math")) return texOf(node).replaceAll("|", "\\|");
  if (node.matches("button, .sc-tools")) return "";
  const name = node.localName;
  if (name === "br") return "<br>";
  if (name === "code") return fenced(node.textContent ?? "");
  const inner = [...node.childNodes].map(inline).join("");
  const mark = MARKS[name] ?? "";
  const href = name === "a" ? node.getAttribute("href") : null;
  return href === null ? mark + inner + mark : `[${inner}](<${href.replace(/[<>|]/g, encodeURIComponent)}>)`;
}

function fenced(code: string): string {
  const longest = Math.max(0, ...(code.match(/`+/g) ?? []).map(({ length }) => length));
  const fence = "`".repeat(longest + 1);
  const space = code.startsWith("`") || code.endsWith("`") ? " " : "";
  return `${fence}${space}${code.replaceAll("|", "\\|")}${space}${fence}`;
}
