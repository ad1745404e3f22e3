import { describe, expect, test } from "vitest";
import { ANSWER, type Output, outputOf, readOutput } from "../../src/jupyter/lab/output.js";
import { readDoc } from "../../src/wire/narrow.js";
import { docOf, part, textOf, texts } from "../answers.js";
import { example } from "../wire.js";

interface Example {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly output: Output;
}

const examples = example("outputs") as readonly Example[];

/** The former form: text, reasoning and refusal, and where the text was taken up again. */
const formerExamples = example("outputs-1") as readonly Example[];

const whole = (document: Example["document"]) => ({ ...readDoc((key) => document[key]) });

describe("what a cell leaves in the notebook", () => {
  test.each(examples)("is the same in both languages: $name", ({ document, output }) => {
    const markdown = String(output.data["text/markdown"]);
    const shown = { ...whole(document), checking: "text" as const }; // true for a moment only
    expect(outputOf({ document: shown, markdown, others: null }, "the key", "the model")).toEqual(output);
  });

  test.each(examples)("is read again: $name", ({ document, output }) => {
    const momentary = { retry_at: null, idle: null, queue_position: null, wait: null };
    const doc = { ...whole(document), ...momentary };
    const [first, ...more] = doc.parts;
    // A control of a terminal's stays a picture.
    const parts = first?.text && more.length === 0 ? [{ ...first, body: output.data["text/plain"] }] : doc.parts;
    expect(readOutput(output)).toEqual({ key: "the key", modelId: "the model", doc: { ...doc, parts }, others: [] });
  });

  test.each(formerExamples)("is read as an earlier release has left it: $name", ({ document, output }) => {
    const { text = "", reasoning = "", refusal = "", seams = [] } = document as Record<string, string>;
    const read = readOutput(output)?.doc;
    expect(read && textOf(read)).toBe(text);
    const bodies = (kind: string) => read?.parts.filter((one) => one.kind === kind).map(({ body }) => body);
    expect([bodies("reasoning"), bodies("refusal")]).toEqual(
      [[reasoning], [refusal]].map(([one]) => (one ? [one] : [])),
    );
    const resumed = read?.parts.flatMap(({ fields }) => fields.resumed ?? []);
    expect(resumed).toEqual((seams as unknown as { way: string }[]).map(({ way }) => way));
    expect(read?.parts).toHaveLength([reasoning, text, refusal].filter(Boolean).length + seams.length);
  });

  test.each([
    "# A <script>alert(1)</script>\r\n\n![x](http://a/b.png) $x$ \\(y\\) `c` [d](javascript:e)\n\n    code\n```\nf",
    "</code></pre><img src=x onerror=alert(1)>\n\n<b>",
    "half of a character: \ud83e",
    "a\tb  c\n\n\n- d",
  ])("shows the text as it came where the kernel has not said its Markdown: %j", (text) => {
    const { data } = outputOf(
      { document: { ...docOf({ text, status: "stopped" }) }, markdown: null, others: null },
      "key",
      "model",
    );
    const [code = "", note] = String(data["text/markdown"]).split("\n\n");
    expect(note).toBe("*Stopped&#58; this is the text so far&#46;*");
    const inside = code.replace(/^<pre><code>/, "").replace(/<\/code><\/pre>$/, "");
    expect(inside).toMatch(/^(?:[\p{L}\p{N} ,;\ufffd-]|&#[0-9]+;)*$/u);
    const shown = inside.replace(/&#([0-9]+);/g, (_entity, code: string) => String.fromCharCode(Number(code)));
    expect(shown).toBe(text.replaceAll("\r\n", "\n").replace("\ud83e", "\ufffd"));
  });

  test("is read as the notebook's file has it, in lines", () => {
    const { data, metadata } = outputOf(
      { document: { ...docOf({ text: "a\nb" }) }, markdown: null, others: null },
      "key",
      null,
    );
    const lines = { ...data, "text/plain": ["a\n", "b"] };
    expect(readOutput({ data: lines, metadata })).toMatchObject({ modelId: null, doc: texts("a\nb") });
  });

  test("holds the versions that are not shown, and gives them back", () => {
    const document = { ...docOf({ text: "b", status: "done", version: 1, versions: 3 }) };
    const others = [
      { parts: [part("text", "a")], status: "stopped" },
      { text: "c", status: "failed", version: 2 },
      "no version",
    ];
    const read = readOutput(outputOf({ document, markdown: null, others }, "key", null));
    expect(read?.others).toEqual([
      { ...docOf({ text: "a", status: "stopped", versions: 3 }) },
      { ...docOf({ text: "c", status: "failed", version: 2, versions: 3 }) },
    ]);
  });

  test("has the same data with each run of the same answer", () => {
    const ran = (seconds: number, id: string) => {
      const error = {
        kind: "interrupted",
        title: "Cut off",
        detail: "",
        kept: 1,
        next: [],
        request_id: id,
        status_code: null,
        categories: [],
      };
      const timings = { first_token: seconds, total: seconds };
      return outputOf(
        { document: { ...docOf({ text: "a", status: "interrupted", timings, error }) }, markdown: null, others: null },
        id,
        id,
      );
    };
    const [first, second] = [ran(1, "a"), ran(2, "b")];
    expect(first.data).toEqual(second.data);
    expect(first.metadata).not.toEqual(second.metadata);
  });

  test.each([undefined, { [ANSWER]: { id: 7, model_id: [], timings: "x" } }])(
    "is read with the metadata %j",
    (lost) => {
      const { data } = outputOf(
        { document: { ...docOf({ text: "a", status: "done" }) }, markdown: null, others: null },
        "key",
        "model",
      );
      const read = readOutput({ data, metadata: lost ?? {} });
      expect(read).toMatchObject({ key: "", modelId: null, doc: { ...texts("a"), status: "done" } });
    },
  );

  test.each([{}, { [ANSWER]: null }, { [ANSWER]: { version: 3 } }])("is not taken from %j", (data) => {
    expect(readOutput({ data, metadata: {} })).toBeNull();
  });
});

test("parts whose lengths would go back have no text twice", () => {
  const parts = [4, -4, 4, -4, 4].map((characters) => ({ kind: "text", text: true, characters }));
  const data = { [ANSWER]: { version: 2, document: { status: "done", parts } }, "text/plain": "abcd" };
  expect(textOf(readOutput({ data, metadata: {} })?.doc ?? docOf({}))).toBe("abcd");
});
