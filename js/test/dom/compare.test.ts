// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { type ComparedAnswer, comparedIn } from "../../src/addons/compare/compared.js";
import { markdownOf } from "../../src/addons/compare/markdown.js";
import { inOrder, said } from "../../src/addons/compare/numbers.js";
import { layout } from "../../src/addons/compare.js";
import { differences } from "../../src/addons/differences.js";
import { type Answers, NO_ADDONS, type Place } from "../../src/render/addons.js";
import type { Doc } from "../../src/wire/protocol.js";
import * as words from "../../src/words.js";
import { docOf, type Flat } from "../answers.js";
import { FakePage } from "./page.js";

const NUMBERS = { status: "done", total_seconds: 1.5, output_tokens: 1200, characters: 3, price: null };

const HEADS = {
  status: "Status",
  first_token_seconds: "First token",
  total_seconds: "Time",
  output_tokens: "Tokens",
  tokens_per_second: "Tokens/s",
  price: "Price",
  finish_reason: "Finish reason",
  characters: "Characters",
};

/** Answers whose documents a test changes. */
class FakeAnswers implements Answers {
  readonly page = new FakePage();
  readonly sent: unknown[] = [];
  readonly mounted: string[] = [];
  readonly docs = new Map<string, Doc>();
  live = true;
  state: Record<string, unknown> = {};
  places: Place[] = [];
  #listeners = new Set<() => void>();

  constructor(names: readonly string[], columns: number) {
    this.state = { columns, prompt: "Why?", heads: Object.entries(HEADS), rows: names.map(() => null) };
    this.places = names.map((name, at) => ({
      key: `key${at}`,
      markdown: "",
      plain: "",
      hidden: false,
      about: {
        name,
        row: columns === names.length ? "" : `row ${Math.floor(at / columns)}`,
        column: `c${at % columns}`,
      },
    }));
    for (const { key } of this.places) this.docs.set(key, docOf({ status: "streaming" }));
  }

  set(at: number, doc: Flat, numbers: unknown = null): void {
    this.docs.set(`key${at}`, docOf(doc));
    const rows = [...(this.state.rows as unknown[])];
    rows[at] = numbers;
    this.state = { ...this.state, rows };
    for (const listener of this.#listeners) listener();
    this.page.clock.pass(1000);
  }

  doc(key: string): Doc | null {
    return this.docs.get(key) ?? null;
  }

  mount(target: HTMLElement, key: string): () => void {
    this.mounted.push(key);
    target.append(`cell ${key}`);
    return () => this.mounted.splice(this.mounted.indexOf(key), 1);
  }

  press(): void {}

  send(command: unknown): boolean {
    if (this.live) this.sent.push(command);
    return this.live;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

let host: HTMLElement;
let answers: FakeAnswers;
let erase: () => void;

function open(names: readonly string[], columns: number, prepare: (answers: FakeAnswers) => void = () => {}): void {
  host = document.createElement("div");
  document.body.replaceChildren(host);
  answers = new FakeAnswers(names, columns);
  prepare(answers);
  erase = layout.draw(host, answers);
}

const all = (selector: string) => [...host.querySelectorAll<HTMLElement>(selector)];
const texts = (selector: string) => all(selector).map(({ textContent }) => textContent);
const button = (label: string) => all("button").find((one) => one.textContent === label) as HTMLButtonElement;
const disabled = (label: string) => button(label).getAttribute("aria-disabled") === "true";

describe("the grid", () => {
  beforeEach(() => open(["a", "b", "c", "d"], 2));

  test("has a head for each column, a name for each row, and each cell once", () => {
    expect(texts(".sc-comparison-head")).toEqual(["c0", "c1"]);
    expect(texts(".sc-comparison-row")).toEqual(["row 0", "row 1"]);
    expect(all(".sc-comparison-place").map((place) => place.getAttribute("aria-label"))).toEqual(["a", "b", "c", "d"]);
    answers.set(0, { status: "streaming", text: "more" });
    expect(answers.mounted).toEqual(["key0", "key1", "key2", "key3"]);
    erase();
    expect(answers.mounted).toEqual([]);
    expect(host.childElementCount).toBe(0);
  });

  test("says how many have ended, and announces the end of all once", () => {
    expect(texts(".sc-comparison-status")).toEqual(["0 of 4 answers have ended"]);
    answers.set(0, { status: "done", text: "one" });
    answers.set(1, { status: "failed" });
    expect(texts(".sc-comparison-status")).toEqual(["2 of 4 answers have ended · 1 not complete"]);
    expect(texts(".sc-comparison-bar .sc-live")).toEqual([""]);
    answers.set(2, { status: "stopped" });
    answers.set(3, { status: "done" });
    expect(texts(".sc-comparison-bar .sc-live")).toEqual(["All 4 answers have ended · 2 not complete"]);
  });

  test("has one Stop and one Retry for all, which are off where there is nothing to do", () => {
    expect([disabled("Stop all"), disabled("Retry all"), button("Retry failed").hidden]).toEqual([false, true, true]);
    button("Retry all").click();
    button("Stop all").click();
    expect(answers.sent).toEqual([{ type: "stop_all" }]);
    for (const at of [0, 1, 2]) answers.set(at, { status: "done" });
    answers.set(3, { status: "failed" });
    expect([disabled("Stop all"), disabled("Retry all"), disabled("Retry failed")]).toEqual([true, false, false]);
    button("Retry failed").click();
    button("Retry all").click();
    expect(answers.sent.slice(1)).toEqual([{ type: "retry_all", failed: true }, { type: "retry_all" }]);
  });

  test("does not offer to ask again what can be read only once", () => {
    for (const at of [0, 1, 2, 3]) answers.set(at, { status: "done", retry_disabled_reason: "once" });
    expect(disabled("Retry all")).toBe(true);
  });
});

test("without a kernel there is nothing to stop or to ask again, and the saved numbers are there", () => {
  open(["a", "b"], 2, (saved) => {
    saved.live = false;
    saved.set(0, { status: "done", text: "one" }, NUMBERS);
    saved.set(1, { status: "streaming" });
  });
  expect([button("Stop all").hidden, button("Retry all").hidden]).toEqual([true, true]);
  expect(texts(".sc-comparison-status")).toEqual(["1 of 2 answers have ended"]);
  expect(texts("tbody tr").length).toBe(2);
  expect(texts(".sc-live")).toEqual([""]);
});

describe("the numbers", () => {
  beforeEach(() => {
    open(["a", "b", "c"], 3);
    answers.set(0, { status: "done", text: "one" }, NUMBERS);
    answers.set(1, { status: "done", text: "two" }, { ...NUMBERS, output_tokens: 7, tokens_per_second: 30.4 });
  });

  test("come with the first end, and those of answers that stream are not known", () => {
    expect(texts("thead th button")).toEqual(["Answer", ...Object.values(HEADS)]);
    const hidden = all("thead th").filter((head) => head.hidden);
    expect(hidden.map(({ textContent }) => textContent)).toEqual(["First token", "Price", "Finish reason"]);
    expect(texts("tbody tr:nth-child(1) td")).toEqual(["done", "–", "1.50 s", "1,200", "–", "–", "–", "3"]);
    expect(texts("tbody tr:nth-child(3) td")).toEqual(["streaming", "–", "–", "–", "–", "–", "–", "–"]);
  });

  test("sort by a head, the other way by another press, and say so", () => {
    const names = () => texts("tbody th");
    const head = () => all('th[data-column="output_tokens"]')[0] as HTMLElement;
    expect(names()).toEqual(["a", "b", "c"]);
    button("Tokens").click();
    expect([names(), head().getAttribute("aria-sort")]).toEqual([["b", "a", "c"], "ascending"]);
    button("Tokens").click();
    expect([names(), head().getAttribute("aria-sort")]).toEqual([["a", "b", "c"], "descending"]);
    button("Answer").click();
    expect([head().getAttribute("aria-sort"), all("[aria-sort]").length]).toEqual([null, 1]);
  });

  test("keep the focus when an answer ends, and lead to the answer", () => {
    const go = () => all("tbody button")[0] as HTMLElement;
    go().focus();
    answers.set(2, { status: "failed" }, { ...NUMBERS, status: "failed" });
    expect(document.activeElement).toBe(go());
    go().click();
    expect(document.activeElement?.getAttribute("aria-label")).toBe("a");
  });
});

const row = (name: string, numbers: ComparedAnswer["numbers"]): ComparedAnswer => ({
  key: name,
  name,
  row: "",
  column: "",
  doc: null,
  numbers,
});

test("what is not known comes last in either order, whatever a notebook holds", () => {
  const rows = [
    row("none", null),
    row("text", { price: "cheap" }),
    row("two", { price: 2 }),
    row("nan", { price: Number.NaN }),
    row("ten", { price: 10 }),
  ];
  const names = (descending: boolean) => inOrder(rows, { by: "price", descending }).map(({ name }) => name);
  expect(names(false)).toEqual(["two", "ten", "text", "none", "nan"]);
  expect(names(true)).toEqual(["text", "ten", "two", "none", "nan"]);
  for (const column of Object.keys(HEADS)) {
    for (const value of [null, undefined, {}, [], Number.NaN, Number.POSITIVE_INFINITY, true]) {
      expect(said(column, { [column]: value })).toBe("–");
    }
  }
  expect(said("tokens_per_second", { tokens_per_second: 31.7, tokens_estimated: true })).toBe("~32");
});

test("a state that is no comparison draws an empty one", () => {
  for (const state of [
    {},
    { columns: -1, rows: 3, heads: [1] },
    { columns: "x", rows: [1, "x", []], heads: { a: 1 } },
  ]) {
    const broken = new FakeAnswers(["a"], 1);
    broken.state = state;
    expect(comparedIn(broken)).toMatchObject({ columns: 1, heads: [], answers: [{ numbers: null }] });
  }
});

test("two answers are compared word by word when both have ended", () => {
  open(["a", "b", "c"], 3, ({ page }) => {
    page.addons = { ...NO_ADDONS, differences: () => differences };
  });
  answers.set(0, { status: "done", text: "the cat sat" });
  answers.set(2, { status: "done", text: "the dog sat" });
  answers.set(1, { status: "streaming", text: "the" });
  button("Compare two").click();
  expect(button("Compare two").getAttribute("aria-expanded")).toBe("true");
  expect(texts(".sc-difference-text")).toEqual([words.COMPARED_WHEN_ENDED]);
  const [first, second] = all(".sc-comparison-choice select") as HTMLSelectElement[];
  expect(document.activeElement).toBe(first);
  if (second) second.value = "key2";
  second?.dispatchEvent(new Event("change"));
  expect([texts("del"), texts("ins")]).toEqual([["cat"], ["dog"]]);
});

test("all of it is copied as Markdown, in which names are no markup", async () => {
  open(["a|b", "<i>"], 2);
  answers.set(0, { status: "done", text: "**one**" }, NUMBERS);
  const markdown = markdownOf(comparedIn(answers));
  expect(markdown.split("\n").slice(0, 5)).toEqual([
    "# Why?",
    "",
    "|  | Status | First token | Time | Tokens | Tokens/s | Price | Finish reason | Characters |",
    "| --- | --- | --- | --- | --- | --- | --- | --- | --- |",
    "| a\\|b | done | – | 1.50 s | 1,200 | – | – | – | 3 |",
  ]);
  expect(markdown).toContain("## a\\|b\n\n**one**\n\n## \\<i\\>");
  button("Copy all").click();
  await Promise.resolve();
  expect(answers.page.copied).toEqual([markdown]);
});
