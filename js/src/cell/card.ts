/** The error card: what happened in the error's own words, what was kept, and what to do next. */

import { element, scrolls } from "../render/element.js";
import type { Card, Category, NextStep } from "../wire/protocol.js";
import * as words from "../words.js";
import { type Copying, copyButton } from "./copy.js";
import { characters } from "./status.js";

const GO_ON: NextStep = { text: words.PRESS_CONTINUE, code: null };

/** `resumable`: the answer can be resumed, and there is a button for that. */
export function errorCard(card: Card, copying: Copying, resumable = false): HTMLElement {
  const root = element("div", { class: "sc-card", role: "group", "aria-label": words.ERROR, "data-kind": card.kind });
  root.append(element("div", { class: "sc-card-title" }, card.title));
  if (card.detail !== "")
    root.append(element("div", { class: "sc-card-detail", ...scrolls(words.DETAILS_LABEL) }, card.detail));
  if (card.categories.length > 0)
    root.append(
      element("ul", { class: "sc-card-categories", "aria-label": words.FLAGGED }, ...card.categories.map(category)),
    );
  if (card.kept > 0) root.append(element("div", { class: "sc-card-kept" }, `${words.kept(characters(card.kept))}.`));
  const next = resumable ? [GO_ON, ...card.next] : card.next;
  if (next.length > 0) {
    root.append(element("ul", { class: "sc-card-next" }, ...next.map((step) => nextStep(step, copying))));
  }
  const facts = factsLine(card, copying);
  if (facts) root.append(facts);
  return root;
}

/** A category with its score, which is a number and, where it is from 0 to 1, a bar beside it. */
function category({ name, score }: Category): HTMLElement {
  const item = element("li", {}, element("span", { class: "sc-card-category", dir: "auto" }, name));
  if (score === null) return item;
  const share = score >= 0 && score <= 1;
  item.append(element("span", { class: "sc-card-score" }, share ? score.toFixed(2) : String(score)));
  if (share) {
    const bar = element(
      "span",
      { class: "sc-card-bar", "aria-hidden": "true" },
      element("span", { class: "sc-card-fill" }),
    );
    (bar.firstElementChild as HTMLElement).style.inlineSize = `${Math.round(score * 100)}%`;
    item.append(bar);
  }
  return item;
}

function nextStep(step: NextStep, copying: Copying): HTMLElement {
  const item = element("li", {}, element("span", { dir: "auto" }, step.text));
  const { code } = step;
  if (code !== null) {
    const button = copyButton(copying, words.COPY_LINE, words.COPY, () => code);
    item.append(element("div", { class: "sc-line" }, element("code", scrolls(words.DETAILS_LABEL), code), button));
  }
  return item;
}

function factsLine(card: Card, copying: Copying): HTMLElement | null {
  if (card.request_id === null && card.status_code === null) return null;
  const line = element("div", { class: "sc-card-facts" });
  if (card.status_code !== null) line.append(element("span", {}, `HTTP ${card.status_code}`));
  const id = card.request_id;
  if (id !== null) {
    const button = copyButton(copying, words.COPY_REQUEST_ID, words.COPY, () => id);
    line.append(element("span", {}, "request ", element("code", {}, id)), button);
  }
  return line;
}
