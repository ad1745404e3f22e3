import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SRC = new URL("../src/", import.meta.url);

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

test.each(files)("%s makes no markup from strings, and is no longer than it may be", (name) => {
  const source = readFileSync(new URL(name, SRC), "utf8");
  expect(source).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(/,
  );
  expect(source.split("\n").length).toBeLessThanOrEqual(400);
});

test("the model is host.ts's and the stub's alone", () => {
  const users = files.filter((name) =>
    /\.save_changes|model\.(get|on|off|send)\(/.test(readFileSync(new URL(name, SRC), "utf8")),
  );
  expect(users.sort()).toEqual(["host.ts", "stub.ts"]);
});
