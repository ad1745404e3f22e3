/**
 * What is copied of a drawn answer: its words and its structure, and nothing of the cell. Formulas are TeX, boxes of tasks
 * are signs, and there are no buttons, carets, colours or names that only the page knows.
 */

import { element } from "../../render/element.js";

const FORMULAS = ".sc-math, .sc-formula";

/** What belongs to the cell and not to the answer. */
const OURS = ".sc-tools, .sc-back, button, style, [hidden]";

/** Elements that only cut the page's layout, or colour it. */
const LAYOUT = ".sc-section, .sc-items, .sc-lines, .sc-run, .sc-cut, .sc-code, .sc-table, [class^='sc-t-']";

const KEPT: ReadonlySet<string> = new Set(["href", "src", "alt", "colspan", "rowspan", "start", "value", "align"]);

/** The TeX of a formula as Markdown has it. */
export const texOf = (formula: Element): string => {
  const tex = formula.getAttribute("data-tex") ?? formula.textContent ?? "";
  return formula.matches(".sc-formula, [data-display]") ? `$$${tex}$$` : `$${tex}$`;
};

/** Put TeX and signs in the place of what cannot be copied as text. */
export function clean(nodes: ParentNode): void {
  for (const formula of nodes.querySelectorAll(FORMULAS)) formula.replaceChildren(texOf(formula));
  for (const box of nodes.querySelectorAll("input")) box.replaceWith(box.hasAttribute("checked") ? "☑ " : "☐ ");
  for (const ours of nodes.querySelectorAll(OURS)) ours.remove();
}

/** The HTML of drawn answers, for other programs. */
export function rich(answers: readonly Element[]): string {
  const copy = element("div", {}, ...answers.map((answer) => answer.cloneNode(true)));
  clean(copy);
  for (const cut of [...copy.querySelectorAll(LAYOUT)]) cut.replaceWith(...cut.childNodes);
  for (const one of copy.querySelectorAll("*")) {
    for (const { name } of [...one.attributes]) if (!KEPT.has(name)) one.removeAttribute(name);
  }
  copy.normalize();
  return new XMLSerializer().serializeToString(copy);
}

export interface Copied {
  readonly text: string;
  readonly html: string;
}

/** What a selection inside `root` gives; null: the browser's own copy is as good. */
export function selected(root: HTMLElement, selection: Selection | null): Copied | null {
  if (!selection || selection.isCollapsed || selection.rangeCount !== 1) return null;
  const range = selection.getRangeAt(0).cloneRange();
  if (!root.contains(range.commonAncestorContainer)) return null;
  const [first, last] = [range.startContainer, range.endContainer].map(formulaOf);
  if (first) range.setStartBefore(first);
  if (last) range.setEndAfter(last);
  const part = element("div", { class: "sc-copied" });
  part.append(range.cloneContents());
  if (!part.querySelector(`${FORMULAS}, .sc-tools, input, button`)) return null;
  clean(part);
  // The browser finds the line breaks, for which the piece must have its style.
  part.style.cssText = "position:absolute;inset-inline-start:-10000px;white-space:pre-wrap";
  root.append(part);
  const text = part.innerText;
  part.remove();
  return { text, html: rich([part]) };
}

const formulaOf = (node: Node): Element | null =>
  (node instanceof Element ? node : node.parentElement)?.closest(FORMULAS) ?? null;
