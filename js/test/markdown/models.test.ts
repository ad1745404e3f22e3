/** What models and people write, from reports about other readers: each as whoever wrote it means it. */

import { describe, expect, test } from "vitest";
import { parse } from "../../src/markdown/engine.js";
import { findDeviation } from "./feeding.js";
import { html } from "./html.js";
import MODELS from "./models.json" with { type: "json" };

const seen = (markdown: string): string => html(parse(markdown)).replace(/\n+/g, "\n");

describe.each(Object.entries(MODELS))("%s", (_, { markdown, seen: expected }) => {
  test("is read as it is meant", () => {
    expect(seen(markdown)).toBe(expected);
  });

  test("is the same however it is cut", () => {
    expect([1, 2, 3, 4, 7].map((length) => findDeviation(markdown, [length]))).toEqual([null, null, null, null, null]);
  });
});
