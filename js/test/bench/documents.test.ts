import { describe, expect, it } from "vitest";
import { KINDS, write } from "../../bench/documents.js";

describe.each(KINDS)("the document %s", (kind) => {
  it("has exactly the length that was asked for", () => {
    for (const length of [100, 10_000, 100_000]) expect(write(kind, length)).toHaveLength(length);
  });

  it("is the same each time", () => {
    expect(write(kind, 20_000)).toBe(write(kind, 20_000));
  });
});

it("one paragraph is one line, as are no others", () => {
  const lines = KINDS.filter((kind) => !write(kind, 10_000).includes("\n"));
  expect(lines).toEqual(["para"]);
});

it("a mixture has every kind of block, and inlines in it", () => {
  const text = write("mixed", 100_000);
  const forms = [/^# /m, /^- /m, /^\d\. /m, /^- \[x\] /m, /^\|:?---/m, /^```python$/m, /^> /m, /^\$\$$/m, /^---$/m];
  const inlines = [/\*\*\w/, /[^*]\*\w/, /`\w+\(/, /\]\(https:/, / https:/, /~~/, /\$x_/];
  for (const form of [...forms, ...inlines]) expect(text).toMatch(form);
});
