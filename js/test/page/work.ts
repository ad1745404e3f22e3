/** The nodes made for a long answer, in a page that is laid out, so that long paragraphs are cut and long tables fixed. */

import { KINDS, type Kind, write } from "../../bench/documents.js";
import { Answer } from "./answer.js";

const LENGTH = 100_000;
const PIECE = 4;

/** Updates after which the page is laid out, as it is after each frame. */
const FRAME = 50;

export interface Work {
  readonly kind: Kind;
  readonly created: number;
  readonly final: number;
}

function count(run: () => void): number {
  const made = new Set<Node>();
  const { createElement, createElementNS, createTextNode } = Document.prototype;
  const { splitText } = Text.prototype;
  const noted = <This, Arguments extends unknown[], Made extends Node>(
    make: (this: This, ...args: Arguments) => Made,
  ) =>
    function (this: This, ...args: Arguments): Made {
      const node = make.apply(this, args);
      made.add(node);
      return node;
    };
  Object.assign(Document.prototype, {
    createElement: noted(createElement),
    createElementNS: noted(createElementNS),
    createTextNode: noted(createTextNode),
  });
  Text.prototype.splitText = noted(splitText);
  run();
  Object.assign(Document.prototype, { createElement, createElementNS, createTextNode });
  Text.prototype.splitText = splitText;
  return made.size;
}

function countNodes(root: Node): number {
  let nodes = 0;
  const walker = document.createTreeWalker(root);
  while (walker.nextNode()) nodes += 1;
  return nodes;
}

function work(kind: Kind): Work {
  const text = write(kind, LENGTH);
  const answer = new Answer();
  const created = count(() => {
    for (let at = 0; at < text.length; at += PIECE) {
      answer.push(text.slice(at, at + PIECE));
      if ((at / PIECE) % FRAME === 0) answer.root.getBoundingClientRect();
    }
    answer.end();
  });
  const result = { kind, created: Math.max(created, answer.created), final: countNodes(answer.root) };
  answer.remove();
  return result;
}

export const countWork = (): Work[] => KINDS.map(work);
