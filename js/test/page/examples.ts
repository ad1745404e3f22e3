/** The examples of the specifications, and the corpus, in the page: streamed, the DOM is what it is when they come whole. */

import spec from "commonmark-spec";
import { CORPUS } from "../corpus/index.js";
import { generate, shrink } from "../generate.js";
import gfm from "../markdown/gfm-spec.json" with { type: "json" };
import { Answer } from "./answer.js";

/** The DOM as text, without what says where growth was laid out: cut paragraphs, and texts in two nodes. */
function seen(answer: Answer): string {
  const copy = answer.root.cloneNode(true) as HTMLElement;
  for (const cut of copy.querySelectorAll(".sc-cut")) cut.replaceWith(...cut.childNodes);
  for (const each of copy.querySelectorAll("[data-tip]")) each.removeAttribute("data-tip");
  copy.normalize();
  return copy.innerHTML.replaceAll(answer.prefix, "sc");
}

function draw(pieces: readonly string[]): string {
  const answer = new Answer();
  for (const piece of pieces) answer.push(piece);
  answer.end();
  const dom = seen(answer);
  answer.remove();
  return dom;
}

const differs = (markdown: string): boolean => draw(markdown.split("")) !== draw([markdown]);

export interface Difference {
  readonly name: string;
  readonly markdown: string;
  readonly streamed: string;
  readonly whole: string;
}

/** Documents as the engine's own tests take them, for what the engine gives right and the renderer might not follow. */
const GENERATED = 4000;

/** Differences that are made shorter for the report. */
const SHRUNK = 5;

export function compareExamples(): { count: number; differences: Difference[] } {
  const examples = [
    ...spec.tests.map(({ number, markdown }) => ({
      name: `CommonMark ${number}`,
      markdown: markdown.replaceAll("→", "\t"),
    })),
    ...gfm.examples.map(({ number, markdown }) => ({ name: `GFM ${number}`, markdown })),
    ...CORPUS.map(({ name, text }) => ({ name, markdown: text })),
    ...Array.from({ length: GENERATED }, (_, seed) => ({ name: `generated ${seed}`, markdown: generate(seed) })),
  ];
  const differences: Difference[] = [];
  for (const { name, markdown } of examples) {
    if (!differs(markdown)) continue;
    const shortest = differences.length < SHRUNK ? shrink(markdown, differs) : markdown;
    differences.push({ name, markdown: shortest, streamed: draw(shortest.split("")), whole: draw([shortest]) });
  }
  return { count: examples.length, differences };
}
