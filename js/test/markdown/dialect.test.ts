/** What GitHub's dialect adds to CommonMark: representative cases, in the specification's notation. */

import { describe, expect, test } from "vitest";
import { Engine, parse } from "../../src/markdown/engine.js";
import type { Paragraph } from "../../src/markdown/tree.js";
import { findDeviation } from "./feeding.js";
import { html } from "./html.js";

const seen = (markdown: string): string => html(parse(markdown)).replaceAll("\n", "");

describe("tables", () => {
  test.each([
    ["a head alone", "| a | b |\n|---|:-:|", '<thead><tr><th>a</th><th align="center">b</th></tr></thead>'],
    ["without outer pipes", "a | b\n--- | ---:\n1 | 2", '<tr><td>1</td><td align="right">2</td></tr>'],
    ["a pipe in a cell", "| a |\n|---|\n| `x \\| y` |", "<td><code>x | y</code></td>"],
    ["too few cells", "| a | b |\n|---|---|\n| 1 |", "<td>1</td><td></td>"],
    ["too many cells", "| a |\n|---|\n| 1 | 2 |", "<tr><td>1</td></tr>"],
    ["inline marks", "| *a* |\n|---|\n| [b](c) |", '<td><a href="c">b</a></td>'],
    ["ended by a blank line", "| a |\n|---|\n| 1 |\n\nb", "</table><p>b</p>"],
    ["a break in a cell", "| a |\n|---|\n| 1<br>2<BR/>3 |", "<td>1<br />2<br />3</td>"],
  ])("%s", (_, markdown, part) => {
    expect(seen(markdown)).toContain(part);
  });

  test("a head and a second line of another width are text", () => {
    expect(seen("| a | b |\n|---|")).not.toContain("<table>");
  });
});

describe("strikethrough", () => {
  test.each([
    ["~~a~~ b", "<p><del>a</del> b</p>"],
    ["~~**a**~~", "<p><del><strong>a</strong></del></p>"],
    ["~~a", "<p>~~a</p>"],
    ["from ~5 to ~10", "<p>from ~5 to ~10</p>"],
    ["~a~", "<p><del>a</del></p>"],
    ["b ~~~a~~~", "<p>b ~~~a~~~</p>"],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });
});

describe("tasks", () => {
  test.each([
    [
      "- [ ] a\n- [x] b",
      '<li><input type="checkbox" disabled /> a</li><li><input type="checkbox" checked disabled /> b</li>',
    ],
    ["1. [X] a", '<li><input type="checkbox" checked disabled /> a</li>'],
    ["- [ ]", '<li><input type="checkbox" disabled /> </li>'],
    ["- [x]a", "<li>[x]a</li>"],
    ["- [y] a", "<li>[y] a</li>"],
    ["- a [ ] b", "<li>a [ ] b</li>"],
    ["- [x](y)", '<li><a href="y">x</a></li>'],
    ["- - [x] a", '<li><input type="checkbox" checked disabled /> a</li>'],
  ])("%j", (markdown, part) => {
    expect(seen(markdown)).toContain(part);
  });
});

describe("bare addresses", () => {
  const link = (href: string, text = href) => `<a href="${href}">${text}</a>`;
  test.each([
    ["see https://example.org/a?b=c#d.", `see ${link("https://example.org/a?b=c#d")}.`],
    ["www.example.org/x", link("http://www.example.org/x", "www.example.org/x")],
    ["(https://example.org/a_(b))", `(${link("https://example.org/a_(b)")})`],
    ["https://example.org/a_b_c", link("https://example.org/a_b_c")],
    ["**https://example.org**", `<strong>${link("https://example.org")}</strong>`],
    ["a@example.org", link("mailto:a@example.org", "a@example.org")],
    ["http://localhost:8888/lab", link("http://localhost:8888/lab")],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(`<p>${expected}</p>`);
  });

  test.each([
    "notes.md and main.py",
    "example.org",
    "a//b.example",
    "see //example.org/x",
    "`https://example.org`",
    "x.y@",
    "wwwexample.org",
  ])("%j is none", (markdown) => {
    expect(seen(markdown)).not.toContain("<a ");
  });
});

describe("footnotes", () => {
  test("are numbered by use, gathered at the end, with a way back for each use", () => {
    expect(seen("a[^x] b[^y] c[^x]\n\n[^y]: *why*\n[^x]: ex\n\nd")).toBe(
      "<p>a[^1.1] b[^2.1] c[^1.2]</p><p>d</p>[1×2] <p>ex</p>[2×1] <p><em>why</em></p>",
    );
  });

  test("without a note a reference is text; without a reference a note is nothing", () => {
    expect(seen("a[^x]")).toBe("<p>a[^x]</p>");
    expect(seen("a\n\n[^x]: b")).toBe("<p>a</p>");
  });
});

describe("math", () => {
  const inline = (text: string) => `<math>${text}</math>`;
  const display = (text: string) => `<math display="block">${text}</math>`;
  test.each([
    ["$x^2$ and $y$.", `<p>${inline("x^2")} and ${inline("y")}.</p>`],
    ["\\(x^2\\) and \\[y\\] in a line", `<p>${inline("x^2")} and ${display("y")} in a line</p>`],
    ["a $$x$$ b", `<p>a ${display("x")} b</p>`],
    ["$$\nx\n= y\n$$", display("x= y")],
    ["$$ x $$", display("x")],
    ["\\[\nx\n\\]\nb", `${display("x")}<p>b</p>`],
    ["- a\n  $$\n  x\n  $$", `<ul><li>a${display("x")}</li></ul>`],
    ["$a_1$ *and* $b_1$", `<p>${inline("a_1")} <em>and</em> ${inline("b_1")}</p>`],
    ["$\\$5 + x$", `<p>${inline("\\$5 + x")}</p>`],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });

  test.each([
    "costs $5 and $6",
    "from $5 to $600. Pay $20/month or $240/year",
    "a $ b $ c",
    "US$5 and US$6",
    "$5 apples and 6$",
    "`$x$` and `$$`",
    "$HOME and $PATH:/bin",
    "\\$x\\$",
    "$x",
    "they put $AAPL in the same basket as $MSFT",
  ])("%j is none", (markdown) => {
    expect(seen(markdown)).not.toContain("<math");
  });

  test("code is not touched", () => {
    expect(seen("```\n$$\nx\n$$\n```")).toBe("<pre><code>$$x$$</code></pre>");
  });

  test("without it dollars are text", () => {
    expect(html(parse("$x$", { math: false }))).toBe("<p>$x$</p>");
  });
});

describe("raw HTML", () => {
  test.each([
    "<script>alert(1)</script>",
    '<iframe src="https://evil.example"></iframe>',
    "<style>*{display:none}</style>",
    "<svg><script>1</script></svg>",
    "<form action=x><input name=y></form>",
  ])("%j is text, block or inline", (raw) => {
    for (const markdown of [raw, `a ${raw} b`]) {
      expect(JSON.stringify(parse(markdown))).toContain(JSON.stringify(raw).slice(1, 8));
      expect(JSON.stringify(parse(markdown))).not.toMatch(/"kind":"(?:box|element|link|image|raw)"/);
    }
  });

  test.each([
    ["H<sub>2</sub>O, <kbd>Ctrl</kbd>", "<p>H<sub>2</sub>O, <kbd>Ctrl</kbd></p>"],
    ["a<br>b<br/>c", "<p>a<br />b<br />c</p>"],
    ["<b onclick=x style=y>a</b>", "<p><b>a</b></p>"],
    ["a <!-- hidden --> b", "<p>a  b</p>"],
    ["<!-- hidden -->", ""],
    [
      "<details open id=x>\n<summary>More</summary>\n\n**b**\n\n</details>\n\nc",
      '<details open=""><summary>More</summary><p><strong>b</strong></p></details><p>c</p>',
    ],
    ['<div align="center">\n\n# a\n\n</div>', '<div align="center"><h1>a</h1></div>'],
  ])("%j is what GitHub makes of it", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });
});

describe("what writers mean, where GitHub reads something else", () => {
  const text = (words: string) => words.replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  test.each([
    "Tree<B> holds a Stack<S>",
    "the <b> tag makes bold",
    "<s>[INST] a template",
    "<kbd>open",
    "</kbd>a",
    "a stray </br> here",
    "multiply 2*3*4 and 5*4*3",
    "2**3 and 4**5",
    "src/**/*.ts and test/**/*.ts",
    "Keep it at 20~25\u00b0C by day and 15~18\u00b0C by night.",
    "\u539a\u5ea6\u4ece0.3~8mm\u52300.5~4mm\u90fd\u53ef\u4ee5\u3002",
    "\u597d\u7684\u5440~\u8fd9\u5c31\u6765\u5566~\u8bf7\u7a0d\u7b49",
    "\u5927\u7ea6~12\u4e07\u548c~510\u4e07\uff0ctakes ~3~5 minutes.",
    "Orders rose to ~$90B (~$40\u201345B to one maker, ~$12B to another), or ~5 a day (~6).",
    `use ${"$"}{ROOT}/${"$"}{NAME} or $(pwd)/$(date) here`,
    "Use react@18.2.0 with vite@5.4.1 and actions/checkout@v4.",
    "Log in with ssh root@192.168.1.10 and install @babel/core@7.24.0.",
  ])("%j is text", (words) => {
    expect(seen(words)).toBe(`<p>${text(words)}</p>`);
  });

  const strong = (words: string) => `<strong>${words}</strong>`;
  test.each([
    ["**\u63d0\u793a\uff1a**\u5148\u4fdd\u5b58", `${strong("\u63d0\u793a\uff1a")}\u5148\u4fdd\u5b58`],
    ["\u6709**\u300c\u8981\u70b9\u300d**\u8981", `\u6709${strong("\u300c\u8981\u70b9\u300d")}\u8981`],
    ["**\uc11c\uc6b8(\u9996\u90fd)**\uc740 \ud06c\ub2e4", `${strong("\uc11c\uc6b8(\u9996\u90fd)")}\uc740 \ud06c\ub2e4`],
    [
      "**\u7b2c\u4e00\uff1a**\u5185\u5bb9\uff0c**\u7b2c\u4e8c\uff1a**\u5185\u5bb9",
      `${strong("\u7b2c\u4e00\uff1a")}\u5185\u5bb9\uff0c${strong("\u7b2c\u4e8c\uff1a")}\u5185\u5bb9`,
    ],
    ["~~\u65e7\u7684\uff08\u6587\uff09\u3002~~\u65b0", "<del>\u65e7\u7684\uff08\u6587\uff09\u3002</del>\u65b0"],
    [
      "\u770b https://example.com/a\uff08\u8bf4\u660e\uff09\u3002",
      '\u770b <a href="https://example.com/a">https://example.com/a</a>\uff08\u8bf4\u660e\uff09\u3002',
    ],
    ["\u5f53$x=1$\u65f6", "\u5f53<math>x=1</math>\u65f6"],
    ["the $n$th term, or 2$z$", "the <math>n</math>th term, or 2<math>z</math>"],
    ["Let $\\text{``x''} = 1$ be", "Let <math>\\text{``x''} = 1</math> be"],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(`<p>${expected}</p>`);
    expect(findDeviation(markdown, [1])).toBeNull();
  });

  test("a mark of byte order in front is none of the text", () => {
    expect(seen("\ufeff# a")).toBe("<h1>a</h1>");
  });
});

test("code keeps its language and its lines, open or closed", () => {
  const code = (markdown: string) => parse(markdown).children[0];
  expect(code("```py title=x\na\n\nb\n```")).toMatchObject({ language: "py", lines: ["a", "", "b"] });
  expect(code("```\na")).toMatchObject({ language: "", lines: ["a"] });
  expect(code("~~~js\nlet a")).toMatchObject({ language: "js", lines: ["let a"] });
});

test("texts that meet are one text, so that growth stays in one place", () => {
  const [paragraph] = parse("a\nb &amp; c\\* d").children;
  expect((paragraph as Paragraph).children).toEqual([{ kind: "text", text: "a\nb & c* d" }]);
});

test("deep nesting ends without a failure", () => {
  for (const hostile of [
    ">".repeat(5000),
    "- ".repeat(2000),
    "[".repeat(20_000),
    "*a _b ".repeat(5000),
    "![".repeat(5000),
  ]) {
    expect(() => parse(hostile)).not.toThrow();
  }
});

describe("formulas in lines of their own", () => {
  const formula = (tex: string) => `<math display="block">${tex}</math>`;
  test.each([
    ["\\[\n\na = b\n\n\\]\n\nc", `${formula("a = b")}<p>c</p>`],
    ["- \\[\n\n  a = b\n\n  \\]\n- c", `<ul><li>${formula("a = b")}</li><li>c</li></ul>`],
    ["> $$\n>\n> a\n>\n> $$", `<blockquote>${formula("a")}</blockquote>`],
    ["\\begin{align*}\na &= b\n\\end{align*}\nc", `${formula("\\begin{align*}a &amp;= b\\end{align*}")}<p>c</p>`],
    ["```math\nx^2\n```", formula("x^2")],
    ["```math\nx^2", '<pre><code class="language-math">x^2</code></pre>'],
    ["\\begin{itemize}\n\\item a\n\\end{itemize}", "<p>\\begin{itemize}\\item a\\end{itemize}</p>"],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });

  test.each([
    [
      "$$\n\nThese are words, and no formula.\n\n- a",
      "<p>$$</p><p>These are words, and no formula.</p><ul><li>a</li></ul>",
    ],
    ["- \\[\n\n  # a\n\nb", "<ul><li><p>[</p><h1>a</h1></li></ul><p>b</p>"],
    ["> \\[\n> - a\n\nb", "<blockquote><p>[</p><ul><li>a</li></ul></blockquote><p>b</p>"],
    ["\\[\n\n\\[\nx\n\\]", `<p>[</p>${formula("x")}`],
    ["\\begin{align}\n\n- a", "<p>\\begin{align}</p><ul><li>a</li></ul>"],
  ])("what none ends is read again: %j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });

  test("a formula that does not end hides no more than its bound", () => {
    const engine = new Engine();
    for (let line = 0; line < 3000; line += 1) engine.push("$x\n\n".replace("$x", line === 0 ? "$$" : "x = 1"));
    expect(engine.document.children.length).toBeGreaterThan(1000);
  });
});

describe("pipes in code and formulas", () => {
  test.each([
    ["|a|b|\n|-|-|\n|`x|y`|c|", "<td><code>x|y</code></td><td>c</td>"],
    ["|a|b|\n|-|-|\n|$x|y$|c|", "<td><math>x|y</math></td><td>c</td>"],
    ["|`a|b`|c|\n|-|-|\n|d|e|", "<th><code>a|b</code></th><th>c</th>"],
    ["`a|b`|c\n-|-\nd|e", "<th><code>a|b</code></th><th>c</th>"],
    // As GitHub has it, where nothing would be lost.
    ["|a|b|\n|-|-|\n|`|`|", "<td>`</td><td>`</td>"],
    ["|a|b|c|\n|-|-|-|\n|`x|y`|c|", "<td>`x</td><td>y`</td><td>c</td>"],
    ["|a|b|\n|-|-|\n|$5|$6|", "<td>$5</td><td>$6</td>"],
    ["|a|b|\n|-|-|\n|$5|b|$6|", "<td>$5</td><td>b</td>"],
  ])("%j", (markdown, part) => {
    expect(seen(markdown)).toContain(part);
  });
});

describe("fences", () => {
  const code = (language: string, ...lines: string[]) =>
    `<pre><code class="language-${language}">${lines.join("")}</code></pre>`;
  test.each([
    [
      "```markdown\n# a\n```py\nb\n```\nc\n```\n\n*d*",
      `${code("markdown", "# a", "```py", "b", "```", "c")}<p><em>d</em></p>`,
    ],
    ["```md\n- a\n\n  ```py\n  b\n  ```\n```\nc", `${code("md", "- a", "", "  ```py", "  b", "  ```")}<p>c</p>`],
    ["```py\n```js\n```\na", `${code("py", "```js")}<p>a</p>`],
    ["- a\n  ```sh\n  b\n```\n- c", `<ul><li>a${code("sh", "b")}</li><li>c</li></ul>`],
    ["- a\n  ```sh\nb\n  ```\n- c", `<ul><li>a${code("sh", "b")}</li><li>c</li></ul>`],
    ["- a\n  ```sh\n  b\nc", `<ul><li>a${code("sh", "b")}</li></ul><p>c</p>`],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });

  test("in a quotation, its end at the margin is another fence's beginning", () => {
    expect(seen("> ```sh\n> a\n```\nb")).toContain("<pre><code>b</code></pre>");
  });
});

describe("alerts", () => {
  test.each([
    ["> [!NOTE]\n> a", '<blockquote class="note"><p>a</p></blockquote>'],
    ["> [!tip]\n>\n> - a", '<blockquote class="tip"><ul><li>a</li></ul></blockquote>'],
    ["> [!IMPORTANT]\n> a", '<blockquote class="important"><p>a</p></blockquote>'],
    ["> [!Warning]\n> a", '<blockquote class="warning"><p>a</p></blockquote>'],
    ["> [!CAUTION]\n> a", '<blockquote class="caution"><p>a</p></blockquote>'],
    ["> [!NOTE] a", "<blockquote><p>[!NOTE] a</p></blockquote>"],
    ["> [!OTHER]\n> a", "<blockquote><p>[!OTHER]a</p></blockquote>"],
    ["> a\n> [!NOTE]", "<blockquote><p>a[!NOTE]</p></blockquote>"],
    ["[!NOTE]\na", "<p>[!NOTE]a</p>"],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });
});

describe("tags and comments that nothing ends", () => {
  test.each([
    ["<div> is a tag.\n\na", "<p>&lt;div&gt; is a tag.</p><p>a</p>"],
    ["<div>a\nb</div>\n\nc", "<div>ab</div><p>c</p>"],
    ["<details>\n<summary>a</summary>\n\nb\n\n</details>", "<details><summary>a</summary><p>b</p></details>"],
    ["a </br> b", "<p>a &lt;/br&gt; b</p>"],
    ["</div>\n\na", "<p>&lt;/div&gt;</p><p>a</p>"],
    ["- <details>\n  a\n</details>\n\nb", "<ul><li><details>a</details></li></ul><p>b</p>"],
    ["<!-- a\n\n# b", "<p>&lt;!-- a</p><h1>b</h1>"],
    ["a\n<!-- b\n\nc -->\n\nd", "<p>a</p><p>d</p>"],
    ["- <!-- a\n\nb", "<ul><li>&lt;!-- a</li></ul><p>b</p>"],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(expected);
  });

  test("a comment that does not end hides no more than its bound", () => {
    const engine = new Engine();
    engine.push(`<!-- a\n\n${"some words\n\n".repeat(40)}`);
    expect(engine.document.children.length).toBeGreaterThan(20);
  });
});

describe("links within the answer", () => {
  test.each([
    ["[a](#b-c)", '<a href="#b-c">a</a>'],
    ["[a](#)", "a"],
  ])("%j", (markdown, expected) => {
    expect(seen(markdown)).toBe(`<p>${expected}</p>`);
  });
});
