// @vitest-environment happy-dom

import { beforeEach, describe, expect, test, vi } from "vitest";
import { Engine } from "../../src/markdown/engine.js";
import type { Block, Quote } from "../../src/markdown/tree.js";
import { NO_ADDONS } from "../../src/render/addons.js";
import { Renderer } from "../../src/render/render.js";
import { CORPUS } from "../corpus/index.js";
import { NO_LAYOUT } from "../layout.js";
import { sample } from "../long.js";
import { randomFrom } from "../random.js";
import { Drawn, seen, watch } from "./drawn.js";

let drawn: Drawn;

beforeEach(() => {
  drawn = new Drawn();
});

const RICH = [
  "# Title *with* marks",
  "A [link](https://example.org 'Title'), `code`, **strong *and em***, ~~gone~~,\nhttps://bare.example.",
  "- one\n- two\n  - [x] nested\n  - [ ] task\n\n  loose",
  "3. three\n4. four",
  "> quoted\n>\n> - list",
  "| a | b |\n|:--|--:|\n| 1 | *2* |\n| 3 | 4 |",
  "```py\nprint('<b>')\n\n1\n```",
  "<script>raw\n</script>",
  "<details open>\n<summary>more</summary>\n\n- inside\n\n</details>",
  "H<sub>2</sub>O, $x^2$ and $$y$$",
  "$$\nz\n$$",
  "note[^1] and again[^1]",
  "***",
  "![alt](https://images.example/a.png)",
  "[^1]: the note\n\n    with two paragraphs",
].join("\n\n");

/** What stands for the closed blocks below `parent`, whose element is `dom`. */
function* closedBelow(dom: Element, parent: { readonly children: readonly unknown[] }): Generator<Element> {
  const elements = [...dom.children].flatMap((child) =>
    child.matches(".sc-section, .sc-items")
      ? [...child.children]
      : child.matches("input, .sc-alert, .sc-notes")
        ? []
        : [child],
  );
  for (const [index, child] of (parent.children as readonly Block[]).entries()) {
    const element = elements[index] as Element;
    if (!child.open) yield element;
    else if (["list", "item", "quote"].includes(child.kind)) yield* closedBelow(element, child as Quote);
  }
}

describe("what does not change is not touched", () => {
  test("growing text touches one text node", () => {
    drawn.push("# A\n\npara **b** tail");
    const changes = watch(drawn.root);
    drawn.push(" grows");
    const records = changes();
    expect(records.map((record) => record.type)).toEqual(["characterData"]);
    expect(records[0]?.target.textContent).toBe(" tail grows");
  });

  test("growing text is appended, so that a selection in it lives on", () => {
    drawn.push("some text");
    const text = drawn.get("p").firstChild as Text;
    const appended: string[] = [];
    text.appendData = (data) => {
      appended.push(data);
      text.data += data;
    };
    drawn.push(" grows");
    expect([appended, text.data]).toEqual([[" grows"], "some text grows"]);
  });

  test("closed blocks are not looked into", () => {
    drawn.push("a\n\nb\n\nc");
    const { children } = drawn.engine.document;
    let looked = 0;
    Object.defineProperty(children, "0", {
      get: () => {
        looked += 1;
      },
    });
    drawn.push("d\n\ne");
    drawn.end();
    expect(looked).toBe(0);
    expect(drawn.all("p").map((p) => p.textContent)).toEqual(["a", "b", "cd", "e"]);
  });

  test.each([
    ["a fence", "```py\na", "\nb\n```\n\nend", "code"],
    ["a list", "- a", "\n- b\n  - c", "li"],
    ["a table", "| a |\n|---|\n| 1 |", "\n| 2 |\n", "tbody tr"],
    ["a quotation", "> a", "\n>\n> b", "blockquote p"],
    ["a link's text", "[a](https://a.example) b", " c", "a"],
    ["a half-written link", "[a b](https://a", ".example) c", "a"],
    ["half-written emphasis", "a **b", " c** d", "strong"],
    ["a tight list that becomes loose", "- a\n- b", "\n\n- c", "li p"],
  ])("%s keeps its elements", (_, before, after, selector) => {
    drawn.push(before);
    const element = drawn.get(selector);
    drawn.push(after, 1);
    expect(drawn.get(selector)).toBe(element);
  });

  test("the same tree again changes nothing", () => {
    drawn.push(RICH);
    const changes = watch(drawn.root);
    drawn.update();
    drawn.end();
    drawn.update();
    expect(changes().filter((record) => record.attributeName !== "data-tip")).toEqual([]);
  });

  test("what the reader opens or closes stays so", () => {
    drawn.push("<details>\n<summary>s</summary>\n\na");
    const details = drawn.get<HTMLDetailsElement>("details");
    details.open = true;
    drawn.push(" b\n\n- c\n\n</details>\n\n<details open>\n\nd", 1);
    expect(details.open).toBe(true);
    const other = drawn.all("details")[1] as HTMLDetailsElement;
    other.open = false;
    drawn.push(" e\n\n</details>\n\nf", 1);
    drawn.end();
    expect([details.open, other.open]).toEqual([true, false]);
  });
});

const { every, from } = sample(2);
/** Half of the corpus, the other half with another seed. */
const SAMPLE = CORPUS.filter((_, index) => index % every === from);

describe("over the corpus, by four characters", () => {
  test("nothing changes in a block after the update in which it closed, but late references", () => {
    const wrong: string[] = [];
    for (const { name, text } of SAMPLE) {
      drawn = new Drawn();
      const changes = watch(drawn.root);
      const closed = new Set<Node>();
      let late = new Set<Node>();
      for (let at = 0; at < text.length; at += 4) {
        drawn.engine.push(text.slice(at, at + 4));
        const leaves = drawn.engine.takeLate();
        drawn.renderer.update(drawn.engine.document, leaves);
        const records = changes();
        if (leaves.length > 0) late = new Set(records.map((record) => record.target));
        for (const { target } of records) {
          for (let node: Node | null = target; node; node = node.parentNode) {
            if (closed.has(node) && !late.has(target)) wrong.push(`${name} at ${at}`);
          }
        }
        for (const element of closedBelow(drawn.root, drawn.engine.document)) closed.add(element);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("hardly more nodes are made than stay", () => {
    let [made, stayed] = [0, 0];
    for (const { text } of SAMPLE) {
      drawn = new Drawn();
      drawn.push(text, 4);
      drawn.end();
      const walker = document.createTreeWalker(drawn.root);
      while (walker.nextNode()) stayed += 1;
      made += drawn.renderer.created;
    }
    expect(made / stayed).toBeLessThan(1.1);
  });
});

describe("an updated view is the same as a new one", () => {
  test("character by character", () => {
    for (let end = 0; end < RICH.length; end += 1) {
      drawn.push(RICH.charAt(end));
      expect(seen(drawn.root)).toEqual(drawn.fresh());
    }
    drawn.end();
    expect(seen(drawn.root)).toEqual(drawn.fresh());
  });

  test("for any text at any cuts", () => {
    const random = randomFrom(1);
    const pieces = RICH.split("\n\n");
    for (let round = 0; round < 150; round += 1) {
      drawn = new Drawn();
      const text = pieces.filter(() => random() < 0.5).join(random() < 0.2 ? "\n" : "\n\n");
      for (let at = 0; at < text.length; ) {
        const size = 1 + Math.floor(random() * 20);
        drawn.push(text.slice(at, at + size));
        at += size;
        expect(seen(drawn.root)).toEqual(drawn.fresh());
      }
      drawn.end();
      expect(seen(drawn.root)).toEqual(drawn.fresh());
    }
  });

  test("for every answer of the corpus", () => {
    const wrong = SAMPLE.filter(({ text }) => {
      drawn = new Drawn();
      drawn.push(text, 7);
      drawn.end();
      return JSON.stringify(seen(drawn.root)) !== JSON.stringify(drawn.fresh());
    });
    expect(wrong.map(({ name }) => name)).toEqual([]);
  });

  test("after another text", () => {
    drawn.push(RICH, 5);
    drawn.show("# other");
    expect(seen(drawn.root)).toEqual(drawn.fresh());
    expect(drawn.root.textContent).toBe("other");
  });
});

test("what stood for a block goes when it becomes another", () => {
  drawn.push("Title\nand more\n=");
  drawn.push("==\n\n| a | b |\n");
  expect(drawn.get("h1").textContent).toContain("Title");
  drawn.push("|---|---|\n");
  expect(drawn.all("p")).toEqual([]);
  expect(drawn.all("th")).toHaveLength(2);
});

describe("elements", () => {
  test("links open apart, and show their target", () => {
    drawn.show("[text](https://example.org/x 'Title') [rel](a.md)");
    const [first, second] = [...drawn.root.querySelectorAll("a")];
    expect(first?.outerHTML).toBe(
      '<a target="_blank" rel="noopener noreferrer" href="https://example.org/x" title="Title\nhttps://example.org/x">text</a>',
    );
    expect(second?.getAttribute("title")).toBe("a.md");
  });

  test("code has its language as a label, its text is its own", () => {
    drawn.show("```python\na = 1\n```");
    const box = drawn.root.querySelector(".sc-code");
    expect(box?.getAttribute("data-language")).toBe("python");
    expect(drawn.root.textContent).toBe("a = 1");
  });

  test("tables have a head, a body, and a box to scroll in", () => {
    drawn.show("| a | b |\n|:-:|---|\n| 1 | 2 |");
    expect(drawn.root.querySelector(".sc-table > table > thead > tr > th")?.getAttribute("data-align")).toBe("center");
    expect(drawn.root.querySelectorAll("tbody td")).toHaveLength(2);
  });

  test("tasks have checkboxes that cannot be ticked", () => {
    drawn.show("- [x] done\n- [ ] to do\n- none");
    const boxes = [...drawn.root.querySelectorAll("input")];
    expect(boxes.map((box) => [box.type, box.disabled, box.checked])).toEqual([
      ["checkbox", true, true],
      ["checkbox", true, false],
    ]);
  });

  test("an image is a button until it is pressed, and stays loaded while the text grows", () => {
    const markdown = "![A chart](https://images.example/a.png 'T')";
    drawn.push(markdown);
    expect(drawn.root.querySelector("img")).toBeNull();
    const button = drawn.root.querySelector("button");
    expect(button?.textContent).toBe("Load image “A chart” from images.example");
    button?.click();
    const image = drawn.root.querySelector("img");
    expect(image?.getAttribute("src")).toBe("https://images.example/a.png");
    expect(image?.getAttribute("referrerpolicy")).toBe("no-referrer");
    drawn.push(" and more");
    expect(drawn.root.querySelector("img")).toBe(image);
    drawn.show("![A chart](https://images.example/b.png)");
    expect(drawn.root.querySelector("img")).toBeNull();
  });

  test("an image that does not load says so", () => {
    drawn.show("![](https://images.example/a.png)");
    expect(drawn.root.querySelector("button")?.textContent).toBe("Load image from images.example");
    drawn.root.querySelector("button")?.click();
    drawn.root.querySelector("img")?.dispatchEvent(new Event("error"));
    expect(drawn.root.textContent).toBe("Could not load the image from images.example");
  });

  test("footnotes lead there and back by ids that begin with the view's own", () => {
    drawn.show("a[^n] b[^n]\n\n[^n]: note");
    const ids = [...drawn.root.querySelectorAll("[id]")].map((element) => element.id);
    expect(ids).toEqual(["p-use-1-1", "p-use-1-2", "p-note-1"]);
    const hrefs = [...drawn.root.querySelectorAll("a")].map((anchor) => anchor.getAttribute("href"));
    expect(hrefs).toEqual(["#p-note-1", "#p-note-1", "#p-use-1-1", "#p-use-1-2"]);
    const moved = new MouseEvent("click", { bubbles: true, cancelable: true });
    drawn.root.querySelector("a")?.dispatchEvent(moved);
    expect(moved.defaultPrevented).toBe(true);
    expect(document.activeElement?.id).toBe("p-note-1");
  });
});

describe("the mark of the end", () => {
  const tip = () => {
    const marked = [...document.querySelectorAll("[data-tip]")];
    expect(marked).toHaveLength(1);
    const [{ tagName, className }] = marked as [Element];
    return [tagName.toLowerCase(), className].filter(Boolean).join(".");
  };

  test.each([
    ["", "div"],
    ["a", "p"],
    ["# a", "h1"],
    ["a\n\n```\nb", "span.sc-lines"],
    ["a\n\n```\n", "code"],
    ["- a\n  - b", "p"],
    ["-\n", "li"],
    ["> a", "p"],
    ["| a | b |\n|---|---|\n| 1", "td"],
    ["| a | b |\n|---|---|\n| 1 |", "div.sc-table"],
    ["| a | b |\n|---|---|\n| 1 | 2 |\n", "div.sc-table"],
    ["| a | b |\n|---|---|\n| 1 | 2 |\n\n", "div"],
    ["a\n\n---", "div"],
    ["<div>", "div"],
    ["- a\n\n", "div"],
    ["a[^1]\n\n[^1]: note\n\n# b", "h1"],
    ["a[^1]\n\n[^1]: note", "p"],
    ["a[^1]\n\n[^1]: note\n\n---\n", "div.sc-section"],
  ])("of %j is on a %s", (markdown, tag) => {
    drawn.push(markdown);
    expect(tip()).toBe(tag);
  });

  test("moves on", () => {
    drawn.push("a");
    drawn.push("\n\nb");
    tip();
    expect(drawn.all("p").map((p) => p.hasAttribute("data-tip"))).toEqual([false, true]);
    drawn.end();
    expect(tip()).toBe("div");
  });
});

test("what cannot be drawn is shown as text, and the rest goes on", () => {
  const told = vi.spyOn(console, "error").mockImplementation(() => {});
  const broken = () => {
    throw new Error("broken part");
  };
  const root = document.createElement("div");
  const renderer = new Renderer(root, "p", { ...NO_ADDONS, math: broken }, NO_LAYOUT);
  const engine = new Engine();
  for (const piece of ["before\n\n$$\nx^2", "\n$$\n\nin $y$ line", "\n\nafter"]) {
    engine.push(piece);
    renderer.update(engine.document, engine.takeLate());
  }
  engine.end();
  renderer.update(engine.document, engine.takeLate());
  const note = "This part could not be drawn, and is shown as text.";
  expect(root.textContent).toBe(`before${note}x^2in ${note}y lineafter`);
  expect([...root.querySelectorAll("p")].map((one) => one.textContent)).toEqual([
    "before",
    `in ${note}y line`,
    "after",
  ]);
  expect(told).toHaveBeenCalled();
  told.mockRestore();
});
