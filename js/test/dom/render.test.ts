// @vitest-environment happy-dom

import { beforeEach, describe, expect, test } from "vitest";
import { Renderer } from "../../src/dom/render.js";
import { parse } from "../../src/markdown/parse.js";
import { randomFrom } from "../random.js";

let root: HTMLElement;
let renderer: Renderer;

beforeEach(() => {
  root = document.createElement("div");
  document.body.replaceChildren(root);
  renderer = new Renderer(root, "p");
});

const show = (markdown: string): void => renderer.update(parse(markdown));

/** The tree below `node`, whatever the order in which its attributes were set. */
const seen = (node: Node): unknown =>
  node instanceof Element
    ? [
        node.tagName,
        Object.fromEntries([...node.attributes].map(({ name, value }) => [name, value])),
        [...node.childNodes].map(seen),
      ]
    : node.textContent;

const fresh = (markdown: string): unknown => {
  const other = document.createElement("div");
  new Renderer(other, "p").update(parse(markdown));
  return seen(other);
};

const RICH = [
  "# Title *with* marks",
  "A [link](https://example.org 'Title'), `code`, **strong *and em***, ~~gone~~,\nhttps://bare.example.",
  "- one\n- two\n  - [x] nested\n  - [ ] task\n\n  loose",
  "3. three\n4. four",
  "> quoted\n>\n> - list",
  "| a | b |\n|:--|--:|\n| 1 | *2* |\n| 3 | 4 |",
  "```py\nprint('<b>')\n\n1\n```",
  "<div onclick=x>raw</div>",
  "note[^1] and again[^1]",
  "***",
  "![alt](https://images.example/a.png)",
  "[^1]: the note\n\n    with two paragraphs",
].join("\n\n");

describe("what does not change is not touched", () => {
  test("growing text touches one text node", () => {
    show("# A\n\npara **b** tail");
    const [heading, paragraph] = [...root.children];
    const strong = root.querySelector("strong");
    const tail = paragraph?.lastChild;
    show("# A\n\npara **b** tail grows");
    expect([...root.children]).toEqual([heading, paragraph]);
    expect(root.querySelector("strong")).toBe(strong);
    expect(paragraph?.lastChild).toBe(tail);
    expect(tail?.textContent).toBe(" tail grows");
  });

  test("growing text is appended, so that a selection in it lives on", () => {
    show("some text");
    const text = root.querySelector("p")?.firstChild as Text;
    const appended: string[] = [];
    text.appendData = (data) => {
      appended.push(data);
      text.data += data;
    };
    show("some text grows");
    show("another text");
    expect([appended, text.data]).toEqual([[" grows"], "another text"]);
  });

  test("a node that an engine gives again is not looked into", () => {
    let looked = 0;
    const paragraph = {
      kind: "paragraph" as const,
      tight: false,
      get children() {
        looked += 1;
        return [{ kind: "text" as const, text: "a" }];
      },
    };
    renderer.update([paragraph]);
    const first = looked;
    renderer.update([paragraph, { kind: "rule" }]);
    expect(looked).toBe(first);
  });

  test("a mutation observer sees the growth, and the mark of the end, and nothing else", () => {
    show("a\n\nb");
    const observer = new MutationObserver(() => {});
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    show("a\n\nbc");
    const records = observer.takeRecords();
    expect(records.map((record) => record.type)).toEqual(["characterData"]);
    show("a\n\nbc\n\nd");
    expect(observer.takeRecords().map((record) => record.type)).not.toContain("characterData");
  });

  test.each([
    ["a fence", "```py\na", "```py\na\nb\n```\n\nend", "code"],
    ["a list", "- a", "- a\n- b\n  - c", "li"],
    ["a table", "| a |\n|---|\n| 1 |", "| a |\n|---|\n| 1 |\n| 2 |", "tbody tr"],
    ["a quotation", "> a", "> a\n>\n> b", "blockquote p"],
    ["a link's text", "[a](https://a.example) b", "[a](https://a.example) b c", "a"],
    ["a tight list that becomes loose", "- a\n- b", "- a\n- b\n\n- c", "li p"],
  ])("%s keeps its elements", (_, before, after, selector) => {
    show(before);
    const element = root.querySelector(selector);
    expect(element).not.toBeNull();
    show(after);
    expect(root.querySelector(selector)).toBe(element);
  });

  test("the same tree again changes nothing", () => {
    show(RICH);
    const observer = new MutationObserver(() => {});
    observer.observe(root, { subtree: true, childList: true, attributes: true, characterData: true });
    show(RICH);
    expect(observer.takeRecords()).toEqual([]);
  });
});

describe("an updated view is the same as a new one", () => {
  test("character by character", () => {
    for (let end = 0; end <= RICH.length; end += 1) {
      show(RICH.slice(0, end));
      if (end % 7 === 0) expect(seen(root)).toEqual(fresh(RICH.slice(0, end)));
    }
    expect(seen(root)).toEqual(fresh(RICH));
  });

  test("from any text to any other", () => {
    const random = randomFrom(1);
    const pieces = RICH.split("\n\n");
    for (let round = 0; round < 150; round += 1) {
      const text = pieces.filter(() => random() < 0.5).join(random() < 0.2 ? "\n" : "\n\n");
      show(text);
      expect(seen(root)).toEqual(fresh(text));
    }
  });
});

describe("elements", () => {
  test("links open apart, and show their target", () => {
    show("[text](https://example.org/x 'Title') [rel](a.md)");
    const [first, second] = [...root.querySelectorAll("a")];
    expect(first?.outerHTML).toBe(
      '<a target="_blank" rel="noopener noreferrer" href="https://example.org/x" title="Title\nhttps://example.org/x">text</a>',
    );
    expect(second?.getAttribute("title")).toBe("a.md");
  });

  test("code has its language as a label, its text is its own", () => {
    show("```python\na = 1\n```");
    const box = root.querySelector(".sc-code");
    expect(box?.getAttribute("data-language")).toBe("python");
    expect(root.textContent).toBe("a = 1");
  });

  test("tables have a head, a body, and a box to scroll in", () => {
    show("| a | b |\n|:-:|---|\n| 1 | 2 |");
    expect(root.querySelector(".sc-table > table > thead > tr > th")?.getAttribute("data-align")).toBe("center");
    expect(root.querySelectorAll("tbody td")).toHaveLength(2);
  });

  test("tasks have checkboxes that cannot be ticked", () => {
    show("- [x] done\n- [ ] to do\n- none");
    const boxes = [...root.querySelectorAll("input")];
    expect(boxes.map((box) => [box.type, box.disabled, box.checked])).toEqual([
      ["checkbox", true, true],
      ["checkbox", true, false],
    ]);
  });

  test("an image is a button until it is pressed, and stays loaded while the text grows", () => {
    const markdown = "![A chart](https://images.example/a.png 'T')";
    show(markdown);
    expect(root.querySelector("img")).toBeNull();
    const button = root.querySelector("button");
    expect(button?.textContent).toBe("Load image “A chart” from images.example");
    button?.click();
    const image = root.querySelector("img");
    expect(image?.getAttribute("src")).toBe("https://images.example/a.png");
    expect(image?.getAttribute("referrerpolicy")).toBe("no-referrer");
    show(`${markdown} and more`);
    expect(root.querySelector("img")).toBe(image);
    show("![A chart](https://images.example/b.png)");
    expect(root.querySelector("img")).toBeNull();
  });

  test("an image that does not load says so", () => {
    show("![](https://images.example/a.png)");
    expect(root.querySelector("button")?.textContent).toBe("Load image from images.example");
    root.querySelector("button")?.click();
    root.querySelector("img")?.dispatchEvent(new Event("error"));
    expect(root.textContent).toBe("Could not load the image from images.example");
  });

  test("footnotes lead there and back by ids that begin with the view's own", () => {
    show("a[^n] b[^n]\n\n[^n]: note");
    const ids = [...root.querySelectorAll("[id]")].map((element) => element.id);
    expect(ids).toEqual(["p-use-1-1", "p-use-1-2", "p-note-1"]);
    const hrefs = [...root.querySelectorAll("a")].map((anchor) => anchor.getAttribute("href"));
    expect(hrefs).toEqual(["#p-note-1", "#p-note-1", "#p-use-1-1", "#p-use-1-2"]);
    const moved = new MouseEvent("click", { bubbles: true, cancelable: true });
    root.querySelector("a")?.dispatchEvent(moved);
    expect(moved.defaultPrevented).toBe(true);
    expect(document.activeElement?.id).toBe("p-note-1");
  });
});

describe("the mark of the end", () => {
  const tip = () => {
    const marked = [...document.querySelectorAll("[data-tip]")];
    expect(marked).toHaveLength(1);
    return marked[0]?.tagName.toLowerCase();
  };

  test.each([
    ["", "div"],
    ["a", "p"],
    ["# a", "h1"],
    ["a\n\n```\nb", "code"],
    ["- a\n  - b", "p"],
    ["- ", "li"],
    ["> a", "p"],
    ["| a | b |\n|---|---|\n| 1 |", "td"],
    ["a\n\n---", "div"],
    ["<div>", "div"],
    ["a[^1]\n\n[^1]: note\n\n# b", "h1"],
  ])("of %j is on a %s", (markdown, tag) => {
    show(markdown);
    expect(tip()).toBe(tag);
  });

  test("moves on", () => {
    show("a");
    show("a\n\nb");
    tip();
    expect(root.lastElementChild?.hasAttribute("data-tip")).toBe(true);
  });
});
