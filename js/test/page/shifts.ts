/** Watches where things are in the page while answers grow: only the growing end may move, and nothing gets lower. */

import { CORPUS } from "../corpus/index.js";
import { Answer } from "./answer.js";

/** Characters in an update, as in the other tests over the corpus. */
const PIECE = 4;

/** Pixels that are no movement: the browser rounds. */
const STILL = 0.6;

const LINES = "p, h1, h2, h3, h4, h5, h6, li, tr, pre, hr, blockquote, dt, dd, summary, .sc-formula, .sc-html";

interface Result {
  readonly name: string;
  readonly updates: number;
  /** The texts after which the answer got lower. */
  readonly bounces: string[];
  /** What moved or changed its height although it is not at the growing end, and after which text. */
  readonly moved: string[];
}

interface Place {
  readonly top: number;
  readonly height: number;
}

function places(root: HTMLElement): Map<Element, Place> {
  const found = new Map<Element, Place>();
  const { top } = root.getBoundingClientRect();
  for (const line of root.querySelectorAll(`:scope > .sc-section :is(${LINES})`)) {
    const box = line.getBoundingClientRect();
    found.set(line, { top: box.top - top, height: box.height });
  }
  return found;
}

/** What the last character is in. */
function growing(root: HTMLElement): ReadonlySet<Element> {
  const chain = new Set<Element>();
  let one: Element | null | undefined = [...root.querySelectorAll(":scope > .sc-section")].at(-1);
  for (; one; one = one.lastElementChild) chain.add(one);
  return chain;
}

const differs = (one: number, other: number): boolean => Math.abs(one - other) > STILL;

function watch(name: string, text: string, piece: number): Result {
  const answer = new Answer();
  const { root } = answer;
  root.setAttribute("aria-busy", "true");
  root.parentElement?.setAttribute("data-status", "streaming");
  const result: Result = { name, updates: Math.ceil(text.length / piece), bounces: [], moved: [] };
  let height = 0;
  let before = new Map<Element, Place>();
  for (let at = 0; at < text.length; at += piece) {
    const end = growing(root);
    answer.push(text.slice(at, at + piece));
    const said = text.slice(Math.max(0, at - 60), at + piece);
    const now = root.getBoundingClientRect().height;
    if (now < height - STILL) result.bounces.push(`${height} → ${now} after ${said}`);
    height = now;
    const after = places(root);
    for (const [line, { top, height: tall }] of after) {
      const old = before.get(line);
      // A definition that comes late changes what it defines, which is not at the end.
      if (!old || end.has(line) || answer.late.length > 0) continue;
      if (differs(old.top, top) || differs(old.height, tall)) {
        result.moved.push(`${line.tagName} by ${top - old.top}, higher by ${tall - old.height}, after ${said}`);
      }
    }
    before = after;
  }
  answer.remove();
  return result;
}

/** Over one of `every` answers, beginning with number `from`. `style`: rules that are added to the style sheet. */
export function watchShifts(every: number, from: number, style = ""): Result[] {
  const added = document.createElement("style");
  added.textContent = style;
  document.head.append(added);
  const results = CORPUS.filter((_, at) => at % every === from).map(({ name, text }) => watch(name, text, PIECE));
  added.remove();
  return results;
}
