/** A comparison as Markdown, for the clipboard: its numbers, and the answers as they came. Pure. */

import * as words from "../../words.js";
import { type Compared, textOf } from "./compared.js";
import { COLUMNS, textAt } from "./numbers.js";

const inCell = (text: string): string => text.replace(/\s+/g, " ").replace(/[\\|`*_<>[\]&~$]/g, "\\$&");

export function markdownOf({ prompt, answers }: Compared): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [
    line(["", ...COLUMNS.map((column) => words.NUMBERS[column])]),
    line(["---", ...COLUMNS.map(() => "---")]),
    ...answers.map((answer) => line([inCell(answer.name), ...COLUMNS.map((column) => inCell(textAt(answer, column)))])),
  ].join("\n");
  const title = prompt === "" ? [] : [`# ${inCell(prompt)}`];
  return [...title, table, ...answers.flatMap(({ name, doc }) => [`## ${inCell(name)}`, textOf(doc)])]
    .filter(Boolean)
    .join("\n\n");
}
