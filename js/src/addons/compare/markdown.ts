/** A comparison as Markdown, for the clipboard: its numbers, and the answers as they came. Pure. */

import { type Compared, textOf } from "./compared.js";
import { textAt } from "./numbers.js";

const inCell = (text: string): string => text.replace(/\s+/g, " ").replace(/[\\|`*_<>[\]&~$]/g, "\\$&");

export function markdownOf({ prompt, heads, answers }: Compared): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const table = [
    line(["", ...heads.map(([, head]) => inCell(head))]),
    line(["---", ...heads.map(() => "---")]),
    ...answers.map((answer) => line([inCell(answer.name), ...heads.map(([column]) => inCell(textAt(answer, column)))])),
  ].join("\n");
  const title = prompt === "" ? [] : [`# ${inCell(prompt)}`];
  return [...title, table, ...answers.flatMap(({ name, doc }) => [`## ${inCell(name)}`, textOf(doc)])]
    .filter(Boolean)
    .join("\n\n");
}
