/**
 * A limit: the final nodes, known beforehand, appended ready-made in the order of the document, their text in proportion
 * to what has come of the source. It parses nothing while it is measured and guesses nothing wrong.
 */

import MarkdownIt from "markdown-it";
import type { Renderer } from "../page/instance.js";

/** What is appended next: text, an element, or null: what follows belongs to the element's parent. */
type Step = string | Element | null;

export const renderer: Renderer = {
  create(root, text) {
    let steps = stepsTo(text);
    const share = steps.reduce((sum, each) => sum + (typeof each === "string" ? each.length : 0), 0) / text.length;
    let owner: Element = root;
    let growing: Text | null = null;
    let [step, offset, shown, taken] = [0, 0, 0, 0];

    function show(until: number): void {
      while (step < steps.length && shown < until) {
        const next = steps[step] as Step;
        if (typeof next === "string") {
          const piece = next.slice(offset, offset + Math.ceil(until - shown));
          if (growing === null) {
            growing = document.createTextNode("");
            owner.append(growing);
          }
          growing.appendData(piece);
          offset += piece.length;
          shown += piece.length;
          if (offset < next.length) continue;
          offset = 0;
        } else if (next === null) {
          owner = owner.parentElement as Element;
        } else {
          owner.append(next);
          owner = next;
        }
        growing = null;
        step += 1;
      }
    }

    return {
      push(chunk) {
        taken += chunk.length;
        show(taken * share);
      },
      end() {
        show(Number.POSITIVE_INFINITY);
        // What it knew beforehand is no part of what an answer takes in memory.
        steps = [];
        step = 0;
      },
    };
  },
};

function stepsTo(text: string): Step[] {
  const template = document.createElement("template");
  template.innerHTML = new MarkdownIt({ linkify: true }).render(text);
  return stepsOf(template.content);
}

function stepsOf(parent: Node): Step[] {
  return [...parent.childNodes].flatMap((child): Step[] => {
    if (child instanceof Text) return [child.data];
    return child instanceof Element ? [child.cloneNode(false) as Element, ...stepsOf(child), null] : [];
  });
}
