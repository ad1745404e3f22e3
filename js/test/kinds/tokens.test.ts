// @vitest-environment happy-dom

/** Tokens in place of the text: coloured by steps, with their alternatives by pointer and keyboard, drawn once each. */

import { beforeEach, expect, test } from "vitest";
import { tokens as tokensAddon } from "../../src/addons/tokens.js";
import { copied, KINDS, type PartView } from "../../src/cell/parts/kinds.js";
import { doing, PartList } from "../../src/cell/parts/list.js";
import { EMPTY } from "../../src/wire/narrow.js";
import type { Part } from "../../src/wire/protocol.js";
import { part } from "../answers.js";
import { FakePage } from "../dom/page.js";

const LOOKS = { over: false, last: false, shown: 0, name: "0", gone: null } as const;
const row = (token: string, probability: number, others: [string, number][] = [], bytes = ""): string =>
  `${JSON.stringify([token, Math.log(probability), others.map(([text, one]) => [text, Math.log(one)]), bytes])}\n`;
const tokens = (body: string): Part => part("tokens", body);

let view: PartView;
let parts: HTMLElement;

beforeEach(() => {
  view = KINDS.get("tokens")?.make({ page: { addons: { tokens: () => tokensAddon } } } as never) as PartView;
  parts = document.createElement("div");
  parts.className = "sc-parts";
  parts.append(view.root);
  document.body.replaceChildren(parts);
});

const find = (selector: string) => view.root.querySelector<HTMLElement>(selector) as HTMLElement;
const all = () => [...view.root.querySelectorAll<HTMLElement>(".sc-token-block .sc-token")];
const button = (name: string) => find(`button[aria-label="${name}"]`) as HTMLButtonElement;
const key = (name: string) => {
  const event = new KeyboardEvent("keydown", { key: name, cancelable: true });
  find(".sc-token-text").dispatchEvent(event);
  return event.defaultPrevented;
};

test("each token has the step of its probability, and the scale says what it is", () => {
  view.update([tokens(`0.5\n${[0.95, 0.6, 0.3, 0.1, 0.01].map((one) => row("a", one)).join("")}`)], LOOKS);
  expect(all().map(({ dataset }) => dataset.step)).toEqual(["0", "1", "2", "3", "4"]);
  expect(find(".sc-tokens-legend").textContent).toBe("90 % and more50 % and more20 % and more5 % and morebelow 5 %");
});

test("the summary has the perplexity and the least likely places, which can be gone to", () => {
  view.update([tokens(row("likely", 0.5) + row("odd", 0.125) + row(" ", 0.5))], LOOKS);
  expect(find(".sc-tokens-summary").textContent).toBe("perplexity 3.17 · 3 tokens");
  const places = [...view.root.querySelectorAll<HTMLElement>(".sc-token-place")];
  expect(places.map(({ textContent }) => textContent)).toEqual(["odd 12.5 %", "likely 50.0 %", "␣ 50.0 %"]);
  places[0]?.click();
  expect(find("[data-here]").textContent).toBe("odd");
});

test("white space, half a character and special tokens can be seen", () => {
  const rows = row("\n", 1) + row("\ta", 1) + row("bytes:\\xf0\\x9f", 1, [], "f09f") + row("<|endoftext|>", 1);
  view.update([tokens(rows + row("", 1) + row("<b>", 1))], LOOKS);
  expect(all().map(({ textContent }) => textContent)).toEqual(["⏎\n", "⇥\ta", "‹f0 9f›", "<|endoftext|>", "∅", "<b>"]);
  expect(view.root.querySelector("b")).toBeNull();
});

test("a token shows its alternatives under the pointer, and by keyboard", () => {
  const rows =
    row("a", 0.5, [
      ["a", 0.5],
      ["b", 0.5],
    ]) + row("c", 0.25);
  view.update([tokens(rows)], LOOKS);
  all()[0]?.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  expect(find(".sc-token-detail").textContent).toBe("a 50.0 % · entropy at least 1.00 bitsa 50.0 %b 50.0 %");
  expect(key("ArrowRight")).toBe(true);
  expect(find(".sc-token-detail").textContent).toBe("c 25.0 %No alternatives were requested (top_logprobs).");
  expect(key("ArrowRight")).toBe(true);
  expect(find("[data-here]").textContent).toBe("c");
  expect([key("Home"), key("End"), key("a"), key("ArrowLeft")]).toEqual([true, true, false, true]);
  expect(view.root.querySelectorAll("[data-here]")).toHaveLength(1);
});

test("the text's Markdown is a switch away", () => {
  view.update([tokens(row("a", 0.5))], LOOKS);
  expect(parts.hasAttribute("data-tokens")).toBe(true);
  button("Text").click();
  expect([parts.hasAttribute("data-tokens"), find(".sc-tokens-shown").hidden]).toEqual([false, true]);
  expect([button("Text"), button("Probabilities")].map((one) => one.getAttribute("aria-pressed"))).toEqual([
    "true",
    "false",
  ]);
  view.update([tokens(row("a", 0.5) + row("b", 0.5))], LOOKS);
  expect(parts.hasAttribute("data-tokens")).toBe(false);
  button("Probabilities").click();
  expect(parts.hasAttribute("data-tokens")).toBe(true);
  view.dispose?.();
  expect(parts.hasAttribute("data-tokens")).toBe(false);
});

test("a token is drawn once, however many come after it: 20,000 tokens are 20,000 elements and their blocks", () => {
  let body = "";
  let first: HTMLElement | undefined;
  for (let chunk = 0; chunk < 100; chunk += 1) {
    for (let at = 0; at < 200; at += 1) body += row(at === 199 ? "\n" : "word ", 0.9);
    view.update([tokens(body)], LOOKS);
    first ??= all()[0];
  }
  const nodes = view.root.querySelectorAll(".sc-token-text *").length;
  expect([all().length, nodes]).toEqual([20_000, 20_100]);
  expect(all()[0]).toBe(first);
});

test("half a line waits for its rest, and junk is passed over", () => {
  const body = `${row("a", 0.5)}{}\nnot JSON\n["x"]\n${row("b", 0.5)}`;
  view.update([tokens(body.slice(0, 8))], LOOKS);
  expect(all()).toHaveLength(0);
  view.update([tokens(body)], LOOKS);
  expect(all().map(({ textContent }) => textContent)).toEqual(["a", "b"]);
});

test("another version's tokens replace these", () => {
  view.update([tokens(row("a", 0.5) + row("b", 0.5))], LOOKS);
  view.update([tokens(row("c", 0.5))], { ...LOOKS, name: "1" });
  expect(all().map(({ textContent }) => textContent)).toEqual(["c"]);
  expect(find(".sc-tokens-summary").textContent).toBe("perplexity 2.00 · 1 token");
});

test("alternatives that are none, and a probability above one, do no harm", () => {
  view.update([tokens('["a",5,[[null,-1],["b",3],5]]\n')], LOOKS);
  all()[0]?.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
  expect(find(".sc-token-detail").textContent).toContain("a 100.0 %");
  expect(find(".sc-token-detail").textContent).toContain("b 100.0 %");
});

test("a copy has the text and nothing of its tokens", () => {
  const answer = [part("text", "One "), tokens(row("One ", 0.5)), part("text", "two")];
  expect(copied({ parts: answer })).toBe("One two");
});

test("until the view has come the text stays, and it stays where there is none", async () => {
  let bring = (_found: typeof tokensAddon | null) => {};
  const coming = new Promise<typeof tokensAddon | null>((resolve) => {
    bring = resolve;
  });
  const late = KINDS.get("tokens")?.make({ page: { addons: { tokens: () => coming } } } as never) as PartView;
  parts.replaceChildren(late.root);
  late.update([tokens(row("a", 0.5))], LOOKS);
  expect(parts.hasAttribute("data-tokens")).toBe(false);
  bring(tokensAddon);
  await coming;
  expect(late.root.textContent).toContain("perplexity 2.00");
  expect(parts.hasAttribute("data-tokens")).toBe(true);
  const none = KINDS.get("tokens")?.make({ page: { addons: { tokens: () => null } } } as never) as PartView;
  none.update([tokens(row("a", 0.5))], LOOKS);
  expect(none.root.hidden).toBe(true);
});

test("a text goes on after its tokens, all tokens are one view, and thinking is seen behind them", () => {
  const list = new PartList(new FakePage(), undefined as never, () => {});
  const answer = [
    part("text", "```py\na = 1\n"),
    tokens(row("a", 0.5)),
    part("text", "b = 2\n```\nend", { fields: { resumed: "continued" } }),
    tokens(row("b", 0.5)),
  ];
  list.update({ ...EMPTY, parts: answer }, { over: true, shown: 99, name: "0", gone: null });
  expect(list.root.querySelectorAll(".sc-answer")).toHaveLength(1);
  expect(list.root.querySelectorAll("pre")).toHaveLength(1);
  expect(list.root.querySelectorAll(".sc-tokens")).toHaveLength(1);
  const thinking = [part("reasoning", "hm", { open: true }), tokens(row("a", 0.5))];
  expect(doing({ ...EMPTY, parts: thinking })).toBe("Thinking");
});
