/** Answers as language models write them: some written by hand, the rest composed, the same ones in every run. */

import broken from "./broken.md?raw";
import { compose } from "./compose.js";
import conversation from "./conversation.md?raw";
import explanations from "./explanations.md?raw";
import inlineHtml from "./inline-html.md?raw";
import languages from "./languages.md?raw";
import lists from "./lists.md?raw";
import long from "./long.md?raw";
import mathematics from "./mathematics.md?raw";
import programming from "./programming.md?raw";

export interface Answer {
  readonly name: string;
  readonly text: string;
}

const FILES = [explanations, programming, mathematics, lists, languages, inlineHtml, broken, conversation, long];

const COMPOSED = 226;

/** What no file can hold, or no editor would keep. */
const STAND_INS: readonly [string, string][] = [
  ["[nul]", "\0"],
  ["[lone]", "\ud83c"],
];

/** A line `%%% name` opens each answer; `[crlf]` and `[cr]` in the name say how its lines end. */
function readAnswers(file: string): Answer[] {
  return file
    .split(/^%%% /m)
    .slice(1)
    .map((part) => {
      const end = part.indexOf("\n");
      const name = part.slice(0, end);
      let text = part.slice(end + 1).replace(/\n$/, "");
      for (const [written, meant] of STAND_INS) text = text.replaceAll(written, meant);
      if (name.includes("[crlf]")) text = text.replaceAll("\n", "\r\n");
      if (name.includes("[cr]")) text = text.replaceAll("\n", "\r");
      return { name, text };
    });
}

export const CORPUS: readonly Answer[] = [
  ...FILES.flatMap(readAnswers),
  ...Array.from({ length: COMPOSED }, (_, seed) => ({ name: `composed ${seed}`, text: compose(seed) })),
];
