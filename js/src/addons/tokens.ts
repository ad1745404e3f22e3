/**
 * The tokens of the text, coloured by probability, in place of the Markdown; a switch shows the Markdown again.
 *
 * Only new tokens are drawn, one element each, in blocks that the browser need not lay out while they are out of sight.
 */

import type { TokensParts, TokensView, TokensViewer } from "../render/addons.js";
import { element, scrolls, setAttribute, setLabel } from "../render/element.js";
import * as words from "../words.js";
import css from "./tokens/tokens.css";

/** One token: its text, its log probability, the alternatives, and its bytes if it is part of a character. */
interface Token {
  readonly text: string;
  readonly logprob: number;
  readonly others: readonly (readonly [string, number])[];
  readonly bytes: string;
}

/** The least probability of each step of the scale, from likely to unlikely. */
const STEPS = [0.9, 0.5, 0.2, 0.05, 0] as const;

/** Tokens of a block; it ends with a line break, so that no line is torn. */
const BLOCK = 200;

/** The places that are listed as least likely. */
const LISTED = 5;

const stepOf = (logprob: number): number => STEPS.findIndex((least) => Math.exp(logprob) >= least);

function tokenOf(line: string): Token | null {
  let row: unknown;
  try {
    row = JSON.parse(line);
  } catch {
    return null;
  }
  if (!Array.isArray(row) || typeof row[0] !== "string" || typeof row[1] !== "number") return null;
  const isOther = (one: unknown) => Array.isArray(one) && typeof one[0] === "string" && typeof one[1] === "number";
  const others = Array.isArray(row[2])
    ? row[2].filter(isOther).map(([text, one]) => [text, Math.min(0, one)] as const)
    : [];
  return { text: row[0], logprob: Math.min(0, row[1]), others, bytes: typeof row[3] === "string" ? row[3] : "" };
}

/** A token's text for the eye: white space that would not be seen has a sign. */
function visible({ text, bytes }: Pick<Token, "text" | "bytes">): string {
  if (bytes !== "") return `‹${bytes.replace(/..(?=.)/g, "$& ")}›`;
  return text.replace(/\r?\n/g, "⏎\n").replaceAll("\t", "⇥\t") || "∅";
}

const percent = (logprob: number): string => {
  const chance = 100 * Math.exp(logprob);
  return `${chance < 0.1 ? chance.toPrecision(1) : chance.toFixed(1)} %`;
};

/** The entropy of a place in bits, at least; null without alternatives. As in the kernel's `entropy`. */
function entropy({ logprob, others, text }: Token): number | null {
  if (others.length === 0) return null;
  const chances = others.map(([, value]) => Math.exp(value));
  if (others.every(([other]) => other !== text)) chances.push(Math.exp(logprob));
  chances.push(1 - chances.reduce((sum, one) => sum + one, 0));
  return chances.reduce((sum, one) => (one > 0 ? sum - one * Math.log2(one) : sum), 0);
}

class View implements TokensView {
  readonly nodes: readonly HTMLElement[];
  readonly #parts: TokensParts;
  readonly #likely: HTMLButtonElement;
  readonly #plain: HTMLButtonElement;
  readonly #summary = element("span", { class: "sc-tokens-summary" });
  readonly #least = element("span", { class: "sc-tokens-least" });
  readonly #detail = element("div", { class: "sc-token-detail", "aria-live": "polite" });
  readonly #text = element("div", { class: "sc-token-text", ...scrolls(words.TOKENS_HELP) });
  readonly #shown = element("div", { class: "sc-tokens-shown" });
  #tokens: Token[] = [];
  #nodes: HTMLElement[] = [];
  #block: HTMLElement | null = null;
  #name = "";
  /** What of each part's body is drawn. */
  #read: number[] = [];
  #sum = 0;
  #at = -1;
  #unlikely: number[] = [];

  constructor(parts: TokensParts) {
    this.#parts = parts;
    this.#likely = parts.button(words.PROBABILITIES, "", () => this.#switch(true));
    this.#plain = parts.button(words.AS_TEXT, "", () => this.#switch(false));
    const choice = element("span", { role: "group", "aria-label": words.VIEW_OF_TEXT }, this.#likely, this.#plain);
    const bar = element("div", { class: "sc-tokens-bar" }, choice, this.#summary);
    const legend = element("span", { class: "sc-tokens-legend" });
    for (const [step, least] of STEPS.entries()) {
      legend.append(
        element("span", { class: "sc-token", "data-step": String(step) }, words.scale(least, STEPS[step - 1])),
      );
    }
    this.#shown.append(legend, this.#text, this.#detail, this.#least);
    this.nodes = [element("style", {}, css), bar, this.#shown];
    this.#text.addEventListener("mouseover", ({ target }) => this.#point(target));
    this.#text.addEventListener("click", ({ target }) => this.#point(target));
    this.#text.addEventListener("keydown", (event) => this.#key(event));
    this.#text.addEventListener("focus", () => this.#go(Math.max(0, this.#at)));
    this.#mark(true);
  }

  show(bodies: readonly string[], name: string): void {
    if (name !== this.#name || this.#read.length > bodies.length) this.#clear(name);
    const before = this.#tokens.length;
    for (const [at, body] of bodies.entries()) {
      const from = this.#read[at] ?? 0;
      const end = body.lastIndexOf("\n") + 1;
      if (end <= from) continue;
      for (const line of body.slice(from, end - 1).split("\n")) this.#add(tokenOf(line));
      this.#read[at] = end;
    }
    if (this.#tokens.length > before) this.#sumUp(before);
    this.#cover(!this.#shown.hidden);
  }

  #clear(name: string): void {
    this.#name = name;
    this.#tokens = [];
    this.#nodes = [];
    this.#read = [];
    this.#unlikely = [];
    this.#sum = 0;
    this.#at = -1;
    this.#block = null;
    this.#text.replaceChildren();
    this.#detail.replaceChildren();
  }

  #add(token: Token | null): void {
    if (token === null) return;
    const at = this.#tokens.length;
    const node = element("span", { class: "sc-token", "data-step": String(stepOf(token.logprob)) }, visible(token));
    node.dataset.at = String(at);
    this.#tokens.push(token);
    this.#nodes.push(node);
    this.#sum += token.logprob;
    if (this.#block === null) {
      this.#block = element("div", { class: "sc-token-block" });
      this.#text.append(this.#block);
    }
    this.#block.append(node);
    if (this.#block.childElementCount >= BLOCK && token.text.endsWith("\n")) this.#block = null;
  }

  #sumUp(before: number): void {
    const count = this.#tokens.length;
    setLabel(this.#summary, words.perplexity(Math.exp(-this.#sum / count), count));
    const found = [...this.#unlikely];
    for (let at = before; at < count; at += 1) found.push(at);
    found.sort((one, other) => (this.#tokens[one]?.logprob ?? 0) - (this.#tokens[other]?.logprob ?? 0) || one - other);
    const least = found.slice(0, LISTED);
    if (least.join() === this.#unlikely.join()) return;
    this.#unlikely = least;
    const places = least.map((at) => {
      const { text, logprob, bytes } = this.#tokens[at] as Token;
      return this.#parts.button(
        `${visible({ text, bytes }).trim() || "␣"} ${percent(logprob)}`,
        "sc-token-place",
        () => {
          this.#text.focus({ preventScroll: true });
          this.#go(at);
        },
      );
    });
    this.#least.replaceChildren(words.LEAST_LIKELY, ...places);
  }

  #point(target: EventTarget | null): void {
    const at = target instanceof HTMLElement ? target.dataset.at : undefined;
    if (at !== undefined) this.#go(Number(at), false);
  }

  #key(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = { ArrowRight: this.#at + 1, ArrowLeft: this.#at - 1, Home: 0 };
    const to = event.key === "End" ? this.#tokens.length - 1 : steps[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    this.#go(to);
  }

  /** Show the alternatives of the token with index `at`. */
  #go(at: number, scroll = true): void {
    const token = this.#tokens[at];
    if (token === undefined) return;
    const node = this.#nodes[at];
    this.#nodes[this.#at]?.removeAttribute("data-here");
    if (node) setAttribute(node, "data-here", true);
    this.#at = at;
    if (scroll) node?.scrollIntoView({ block: "nearest" });
    const bits = entropy(token);
    const others = element("ol", {});
    for (const [text, logprob] of token.others) {
      others.append(element("li", {}, element("code", {}, visible({ text, bytes: "" })), ` ${percent(logprob)}`));
    }
    this.#detail.replaceChildren(
      element("code", {}, visible(token)),
      ` ${percent(token.logprob)}`,
      bits === null ? "" : ` · ${words.entropy(bits)}`,
      ...(token.others.length > 0 ? [others] : [element("div", {}, words.NO_ALTERNATIVES)]),
    );
  }

  #switch(likely: boolean): void {
    this.#shown.hidden = !likely;
    this.#mark(likely);
    this.#cover(likely);
  }

  #mark(likely: boolean): void {
    setAttribute(this.#likely, "aria-pressed", String(likely));
    setAttribute(this.#plain, "aria-pressed", String(!likely));
  }

  #cover(covers: boolean): void {
    this.#parts.cover(covers && this.#tokens.length > 0);
  }
}

export const tokens: TokensViewer = { make: (parts) => new View(parts) };
