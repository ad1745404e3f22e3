import { describe, expect, test } from "vitest";
import { ANSWER, bundleOf, readBundle } from "../../src/lab/output.js";
import { EMPTY } from "../../src/protocol.js";
import { example } from "../wire.js";

interface Example {
  readonly name: string;
  readonly document: Readonly<Record<string, unknown>>;
  readonly bundle: Readonly<Record<string, unknown>>;
}

const examples = example("outputs") as readonly Example[];

describe("what a cell leaves in the notebook", () => {
  test.each(examples)("is the same in both languages: $name", ({ document, bundle }) => {
    expect(bundleOf({ ...EMPTY, ...document }, "the key", "the model")).toEqual(bundle);
  });

  test.each(examples)("is read again: $name", ({ document, bundle }) => {
    const momentary = { retry_at: null, quiet: null, place: null, wait: null };
    // A control of a terminal's stays a picture.
    const text = document.text ? bundle["text/plain"] : "";
    const doc = { ...EMPTY, ...document, ...momentary, text };
    expect(readBundle(bundle)).toEqual({ key: "the key", modelId: "the model", doc });
  });

  test("is read as the notebook's file has it, in lines", () => {
    const bundle = { ...bundleOf({ ...EMPTY, text: "a\nb" }, "key", null), "text/plain": ["a\n", "b"] };
    expect(readBundle(bundle)).toMatchObject({ modelId: null, doc: { text: "a\nb" } });
  });

  test.each([{}, { [ANSWER]: null }, { [ANSWER]: { version: 2, id: "a" } }, { [ANSWER]: { version: 1, id: 7 } }])(
    "is not taken from %j",
    (bundle) => {
      expect(readBundle(bundle)).toBeNull();
    },
  );
});
