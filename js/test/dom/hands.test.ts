// @vitest-environment happy-dom

/** The tools of code, tables and formulas, and what is copied: nothing of it is there before somebody comes. */

import { beforeEach, expect, test } from "vitest";
import { clean, rich, selected } from "../../src/addons/tools/clean.js";
import { csvOf, markdownOf } from "../../src/addons/tools/table.js";
import { View } from "../../src/cell/view.js";
import { Connection } from "../../src/jupyter/connection.js";
import type { Flat } from "../answers.js";
import { FakeModel, snapshot } from "../model.js";
import { FakePage } from "./page.js";

let page: FakePage;
let host: HTMLElement;

function open(text: string, more: Flat = {}): void {
  page = new FakePage();
  const model = new FakeModel();
  host = document.createElement("div");
  document.body.replaceChildren(host);
  const connection = new Connection(model, page.clock);
  model.receive(snapshot({ status: "done", text, ...more }));
  new View(host, connection, page);
}

const part = (selector: string): HTMLElement => {
  const found = host.querySelector<HTMLElement>(selector);
  if (!found) throw new Error(`no ${selector}`);
  return found;
};

const tools = () => host.querySelector(".sc-tools")?.shadowRoot ?? null;
const labels = () => [...(tools()?.querySelectorAll("button") ?? [])].map(({ textContent }) => textContent);
const tool = (label: string) =>
  [...(tools()?.querySelectorAll("button") ?? [])].find(
    ({ textContent }) => textContent === label,
  ) as HTMLButtonElement;
const point = (selector: string, movementX = 1) => {
  for (const type of ["pointerover", "pointermove"]) {
    part(selector).dispatchEvent(Object.assign(new Event(type, { bubbles: true }), { movementX, movementY: 0 }));
  }
};

const CODE = "```python\nprint(1)\nprint(2)\n```\n\nText\n\n```bash\nls\n```\n";

beforeEach(() => open(CODE));

test("a block has no tools before the pointer or the focus is in it, and then the one bar of the cell", () => {
  expect(tools()).toBeNull();
  point(".sc-code pre");
  expect(labels()).toEqual(["Copy code", "Wrap", "Line numbers", "Insert as cell below", "Insert and run"]);
  const second = host.querySelectorAll<HTMLElement>(".sc-code pre")[1] as HTMLElement;
  second.focus();
  expect(host.querySelectorAll(".sc-tools")).toHaveLength(1);
  expect(second.parentElement?.querySelector(".sc-tools")).not.toBeNull();
  expect(labels(), "no cell of this notebook runs that").toEqual(["Copy code", "Wrap", "Line numbers"]);
  point(".sc-code pre", 0); // the pointer rests, and the page has changed under it
  expect(second.parentElement?.querySelector(".sc-tools")).not.toBeNull();
  second.blur();
  point("p");
  expect(tools()).toBeNull();
});

test("the bar's words are not the answer's", () => {
  const before = part(".sc-answer").textContent;
  point(".sc-code pre");
  expect(part(".sc-answer").textContent).toBe(before);
});

test("code is copied as it is, and put into the notebook by a click", async () => {
  point(".sc-code pre");
  tool("Copy code").click();
  await Promise.resolve();
  expect(page.copied).toEqual(["print(1)\nprint(2)"]);
  tool("Insert as cell below").click();
  tool("Insert and run").click();
  expect(page.inserted).toEqual([
    ["print(1)\nprint(2)", false],
    ["print(1)\nprint(2)", true],
  ]);
});

test("code with characters that nobody sees is not run, and says why", () => {
  open("```py\nprint('a\u202eb')\n```\n");
  point(".sc-code pre");
  expect(tool("Insert and run").getAttribute("aria-disabled")).toBe("true");
  expect(tool("Insert and run").title).toContain("cannot be seen");
  tool("Insert and run").click();
  expect(page.inserted).toEqual([]);
});

test("what still grows is neither numbered nor run", () => {
  open("```python\nprint(1)\nprin", { status: "streaming" });
  point(".sc-code pre");
  expect(labels()).toEqual(["Copy code", "Wrap"]);
});

test("lines are wrapped, or numbered", () => {
  point(".sc-code pre");
  tool("Line numbers").click();
  expect(part("pre").dataset.numbers).toBe("1\n2");
  tool("Wrap").click();
  expect([part("pre").hasAttribute("data-wrap"), part("pre").hasAttribute("data-numbers")]).toEqual([true, false]);
  expect([tool("Wrap"), tool("Line numbers")].map((one) => one.getAttribute("aria-pressed"))).toEqual([
    "true",
    "false",
  ]);
  tool("Wrap").click();
  expect(part("pre").hasAttribute("data-wrap")).toBe(false);
});

const TABLE = '| a | b |\n|:--|--:|\n| **x** `c\\|d` | 1,5 |\n| =SUM(A1) | $y^2$ |\n| -3 | "q" |\n';

test("a table is copied as CSV, in which no cell becomes a formula, and as Markdown", async () => {
  open(TABLE);
  point("td");
  expect(labels()).toEqual(["Copy CSV", "Copy Markdown"]);
  const table = part("table");
  expect(csvOf(table)).toBe('a,b\r\nx c|d,"1,5"\r\n\'=SUM(A1),$y^2$\r\n-3,"""q"""\r\n');
  expect(markdownOf(table)).toBe(
    '| a | b |\n| :--- | ---: |\n| **x** `c\\|d` | 1,5 |\n| =SUM(A1) | $y^2$ |\n| -3 | "q" |\n',
  );
  tool("Copy CSV").click();
  await Promise.resolve();
  expect(page.copied[0]).toMatch(/^a,b\r\n/);
});

test("a formula is copied as TeX", async () => {
  open("$$\nx^2\n$$\n");
  point(".sc-formula");
  tool("Copy TeX").click();
  await Promise.resolve();
  expect(page.copied).toEqual(["$$x^2$$"]);
});

test("Copy has the Markdown, and HTML without anything of the page", async () => {
  open("# A\n\nAn *x* and $y$, ![i](https://example.org/i.png)\n\n- [x] done\n\n```js\n1\n```\n\n| a |\n|--|\n| b |\n");
  point(".sc-code pre");
  part("button[aria-label=Copy]").click();
  await Promise.resolve();
  expect(page.copied[0]).toMatch(/^# A/);
  const html = page.html ?? "";
  expect(html).toContain("<h1>A</h1>");
  expect(html).toContain("$y$");
  expect(html).toContain("☑ ");
  expect(html).toMatch(/<pre><code>1\n?<\/code><\/pre>/);
  for (const ours of ["class=", "style=", "tabindex", "button", "sc-", "Copy code"]) expect(html).not.toContain(ours);
});

test("a selection with a formula or a button is copied clean, and any other by the browser", () => {
  open("Before $x^2$ after, ![i](https://example.org/i.png) end\n\nPlain words\n");
  const select = (from: Node, to: Node) => {
    const selection = document.getSelection() as Selection;
    const range = document.createRange();
    range.setStart(from, 0);
    range.setEnd(to, to.childNodes.length);
    selection.removeAllRanges();
    selection.addRange(range);
    return selected(host, selection);
  };
  const [first, second] = host.querySelectorAll("p");
  expect(select(second as Node, second as Node)).toBeNull();
  const copied = select(first as Node, second as Node);
  expect(copied?.html).toContain("$x^2$");
  expect(copied?.html).not.toContain("Load image");
  expect(host.querySelector(".sc-copied")).toBeNull();
  expect(select(document.body, first as Node), "more than this cell").toBeNull();
});

test("what is cleaned is a copy: the answer stays", () => {
  open("Text $x$");
  const before = part(".sc-answer").innerHTML;
  rich([part(".sc-answer")]);
  expect(part(".sc-answer").innerHTML).toBe(before);
  const copy = part(".sc-answer").cloneNode(true) as HTMLElement;
  clean(copy);
  expect(copy.textContent).toBe("Text $x$");
});
