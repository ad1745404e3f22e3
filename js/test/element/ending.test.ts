import { expect, test } from "vitest";
import { endingOf } from "../../src/element/ending.js";

test.each([
  [{ type: "finish", reason: "length" } as const, { status: "done", reason: "length", message: null }],
  [{ type: "finish", reason: null } as const, { status: "done", reason: null, message: null }],
  [{ type: "finish", reason: "cancelled" } as const, { status: "stopped", reason: "cancelled", message: null }],
  [{ type: "interrupted", message: "cut" } as const, { status: "interrupted", reason: null, message: "cut" }],
  [
    { type: "error", message: "no", code: null, status: 401 } as const,
    { status: "failed", reason: null, message: "no" },
  ],
])("%j", (event, ending) => {
  expect(endingOf(event)).toEqual(ending);
});
