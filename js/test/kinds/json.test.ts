// @vitest-environment happy-dom

/** A structured answer in the page: a tree that is only appended to, a table, the text, and what is no JSON. */

import { expect, test, vi } from "vitest";
import { LONG, PAGE } from "../../src/addons/json/tree.js";
import { json } from "../../src/addons/json.js";
import { copied, KINDS, type Looks } from "../../src/cell/parts/kinds.js";
import { doing } from "../../src/cell/parts/list.js";
import { docOf, part } from "../answers.js";

const LOOKS: Looks = { over: false, last: true, shown: 0, name: "a", gone: null };

function view(reader: unknown = json) {
  const copy = vi.fn(async () => true);
  const page = { addons: { json: () => reader }, clock: { after: vi.fn() }, copy };
  const made = KINDS.get("json")?.make({ page, copying: { page, say: vi.fn() } } as never);
  if (!made) throw new Error("no such kind");
  const { root } = made;
  made.update([part("json", "", { text: true, open: true })], LOOKS);
  const named = (name: string) =>
    [...root.querySelectorAll<HTMLButtonElement>("button")].find(({ textContent }) => textContent?.startsWith(name));
  return {
    root,
    copy,
    named,
    tree: root.querySelector(".sc-json-tree") as HTMLElement,
    table: root.querySelector("table") as HTMLElement,
    /** How many nodes showing a text has added. */
    async show(body: string, looks: Partial<Looks> = {}): Promise<number> {
      let added = 0;
      const observer = new MutationObserver((records) => {
        for (const { addedNodes } of records) added += addedNodes.length;
      });
      observer.observe(root, { childList: true, subtree: true });
      made.update([part("json", body, { text: true, open: true })], { ...LOOKS, ...looks });
      await Promise.resolve();
      observer.disconnect();
      return added;
    },
  };
}

const lines = (tree: HTMLElement): string[] =>
  [...tree.querySelectorAll("li")].map((row) => {
    const head = row.querySelector(":scope > details > summary") ?? row;
    return head.textContent ?? "";
  });

test("keys appear at once, texts as they come, and other values when they are complete", async () => {
  const { show, tree } = view();
  await show('{"name": "Nil');
  expect(lines(tree)).toEqual(["1 field …", "name: Nil"]);
  await show('{"name": "Nile", "km": 66');
  expect(lines(tree)).toEqual(["1 field …", "name: Nile"]);
  await show('{"name": "Nile", "km": 6650, "in": ["Egypt"');
  expect(lines(tree)).toEqual(["3 fields …", "name: Nile", "km: 6650", "in: 1 item …", "0: Egypt"]);
  await show('{"name": "Nile", "km": 6650, "in": ["Egypt"], "none": []}');
  expect(lines(tree)).toEqual(["4 fields", "name: Nile", "km: 6650", "in: 1 item", "0: Egypt", "none: empty"]);
});

test("what is complete is not touched again, whatever follows", async () => {
  const { show, tree } = view();
  const records = (count: number) => `[${Array.from({ length: count }, (_, at) => `{"a": ${at}}`).join(", ")}`;
  await show(records(50));
  const first = tree.querySelectorAll("li")[1];
  const changed = vi.fn();
  const observer = new MutationObserver(changed);
  observer.observe(first as Node, { childList: true, subtree: true, characterData: true, attributes: true });
  // A record is a row with a row in it; there is no other work for one more.
  expect(await show(records(51))).toBeLessThan(8);
  expect(await show(records(52))).toBeLessThan(8);
  expect(changed).not.toHaveBeenCalled();
  observer.disconnect();
});

test("a long list is shown in pages, and a fold that is closed holds no rows", async () => {
  const { show, tree, named } = view();
  const body = JSON.stringify(Array.from({ length: 250 }, (_, at) => at));
  await show(body, { over: true });
  const rows = () => tree.querySelectorAll("ul > li > details > ul > li").length;
  expect(rows()).toBe(PAGE);
  expect(named("Show")?.textContent).toBe("Show 100 more of 150");
  named("Show")?.click();
  named("Show")?.click();
  expect([rows(), named("Show 50")?.hidden]).toEqual([250, true]);
});

test("what is nested deep is closed, and opens by hand", async () => {
  const { show, tree } = view();
  await show(`${'{"a":'.repeat(200)}1${"}".repeat(200)}`, { over: true });
  expect(tree.querySelectorAll("details").length).toBe(5);
  let deepest = tree.querySelectorAll("details")[4] as HTMLDetailsElement;
  expect(deepest.open).toBe(false);
  for (let depth = 5; depth <= 200; depth += 1) {
    deepest.open = true;
    deepest.dispatchEvent(new Event("toggle"));
    deepest = [...tree.querySelectorAll("details")].at(-1) as HTMLDetailsElement;
  }
  expect(lines(tree).at(-1)).toBe("a: 1");
});

test("a long text is cut until the user asks for it", async () => {
  const { show, tree, named } = view();
  await show(JSON.stringify({ text: "x".repeat(LONG + 500) }), { over: true });
  expect(tree.querySelector("[data-type=string]")?.textContent?.length).toBe(LONG);
  named("Show all")?.click();
  expect(tree.querySelector("[data-type=string]")?.textContent?.length).toBe(LONG + 500);
});

test("everything is text, and what is invisible is shown", async () => {
  const { show, root, named } = view();
  const hostile = "<img src=x onerror=alert(1)>\u202e";
  await show(JSON.stringify([{ [hostile]: hostile, __proto__: null, constructor: hostile }]), { over: true });
  named("Table")?.click();
  expect(root.querySelector("img, script")).toBe(null);
  expect(root.textContent).toContain("<img src=x onerror=alert(1)>\\u202e");
  expect(root.textContent).not.toContain("\u202e");
});

test("records are a table on request, which grows by rows and by columns", async () => {
  const { show, table, named } = view();
  await show('{"title": "x", "rows": [');
  expect(named("Table")?.hidden).toBe(true);
  await show('{"title": "x", "rows": [{"name": "Nile", "km": 6650}, {"name": "Am');
  named("Table")?.click();
  const cells = () => [...table.querySelectorAll("tr")].map((row) => [...row.children].map((one) => one.textContent));
  expect(cells()).toEqual([
    ["#", "name", "km"],
    ["0", "Nile", "6650"],
    ["1", "Am"],
  ]);
  const first = table.querySelectorAll("tr")[1];
  await show(
    '{"title": "x", "rows": [{"name": "Nile", "km": 6650}, {"name": "Amazon", "in": ["Peru", "Brazil"], "x": {"y": 1}}]}',
  );
  expect(cells()).toEqual([
    ["#", "name", "km", "in", "x"],
    ["0", "Nile", "6650"],
    ["1", "Amazon", "", "Peru, Brazil", "1 field"],
  ]);
  expect(table.querySelectorAll("tr")[1]).toBe(first);
  expect(named("Table")?.getAttribute("aria-pressed")).toBe("true");
});

test("the text is one press away, and stays in sight while it grows", async () => {
  const { show, root, named, copy } = view();
  await show('{"a": 1');
  named("Text")?.click();
  await show('{"a": 1, "b": 2');
  expect(root.querySelector("pre")?.textContent).toBe('{"a": 1, "b": 2');
  named("Copy JSON")?.click();
  expect(copy).toHaveBeenCalledWith('{"a": 1, "b": 2');
});

test("a text that stops being JSON is shown as text, with the reason; the tree has what came before", async () => {
  const { show, root, tree, named } = view();
  await show('{"a": 1, oh no');
  expect(root.querySelector("pre")?.textContent).toBe('{"a": 1, oh no');
  expect(tree.hidden).toBe(true);
  expect((root.querySelector(".sc-json-flaw") as HTMLElement).hidden).toBe(false);
  named("Tree")?.click();
  expect([tree.hidden, lines(tree)[1]]).toEqual([false, "a: 1"]);
});

test("another answer begins anew, and so does a text that was replaced", async () => {
  const { show, root } = view();
  const shown = () => lines(root.querySelector(".sc-json-tree") as HTMLElement);
  await show('{"a": 1}');
  await show('{"b": 2}');
  expect(shown()).toEqual(["1 field", "b: 2"]);
  await show('{"c": 3}', { name: "b" });
  expect(shown()).toEqual(["1 field", "c: 3"]);
});

test("until the viewer has come, and where none comes, the text is shown", async () => {
  let come: (viewer: unknown) => void = () => {};
  const { show, root } = view(
    new Promise((resolve) => {
      come = resolve;
    }),
  );
  await show('{"a": 1}');
  expect([root.querySelector("pre")?.textContent, root.querySelector("ul")]).toEqual(['{"a": 1}', null]);
  come(json);
  await vi.waitFor(() => expect(lines(root.querySelector("ul") as HTMLElement)).toEqual(["1 field", "a: 1"]));
  const without = view(null);
  await without.show('{"a": 1}', { over: true });
  expect([without.root.querySelector("pre")?.textContent, without.named("Tree")]).toEqual(['{"a": 1}', undefined]);
});

test("a copy has the JSON in one fence, also where it was resumed", () => {
  const parts = [
    part("json", '\n\n{"a": "``', { text: true }),
    part("json", '`"}\n', { text: true, fields: { resumed: "continued" } }),
    part("citation", "", { fields: { number: 1, url: "https://example.org", title: "x" } }),
  ];
  expect(copied({ parts })).toBe('````json\n{"a": "```"}\n````\n\n**Sources**\n\n1. x, <https://example.org>');
});

test("while the kernel checks it, the status line says so", () => {
  const doc = (open: boolean) => docOf({ status: "streaming", parts: [part("json", "{}", { text: true, open })] });
  expect([doing(doc(true)), doing(doc(false))]).toEqual([null, "Checking the answer"]);
});
