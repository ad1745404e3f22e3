import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const SRC = new URL("../src/", import.meta.url);

const files = readdirSync(SRC, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"));

test.each(files)("%s makes no markup from strings, and is no longer than it may be", (name) => {
  const source = readFileSync(new URL(name, SRC), "utf8");
  // Entities are the browser's own to decode, one at a time, and no element can come of one.
  const read = name === "render/entities.ts" ? source.replace("new DOMParser().parseFromString(`<p>x", "") : source;
  expect(read).not.toMatch(
    /innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser|createContextualFragment|\beval\(/,
  );
  // What is generated is read by nobody.
  if (name !== "wire/generated.ts") expect(source.split("\n").length).toBeLessThanOrEqual(400);
});

test("markup from elsewhere stands in one place, in a frame in which nothing runs; the diagrams' frame has our own", () => {
  const framing = files.filter((name) => /srcdoc/i.test(readFileSync(new URL(name, SRC), "utf8")));
  expect(framing.sort()).toEqual(["addons/mermaid.ts", "cell/parts/returned.ts"]);
});

test("the model is the connection's, the group's and the stub's alone", () => {
  const users = files.filter((name) =>
    /\.save_changes|model\.(get|on|off|send)\(/.test(readFileSync(new URL(name, SRC), "utf8")),
  );
  expect(users.sort()).toEqual(["jupyter/connection.ts", "jupyter/group.ts", "jupyter/stub.ts"]);
});

/** The rooms, and whose values each may use; types may be looked at from anywhere below. */
const MAY_USE: Readonly<Record<string, readonly string[]>> = {
  markdown: [],
  wire: [],
  render: ["markdown"],
  addons: ["render"],
  cell: ["markdown", "render", "wire"],
  // Without Jupyter, and without a cell.
  element: ["markdown", "render", "addons"],
  jupyter: ["addons", "cell", "render", "wire"],
};

const IMPORT = /^(?:import|export)\s+(type\s)?[^;"]*?from\s+"\.\.\/(?:\.\.\/)?([a-z]+)\//gm;

test("imports go one way, from the notebook down to the tree", () => {
  // What a cell says to its user is in one file, for all rooms.
  const rooms = new Set(files.filter((name) => name !== "words.ts").map((name) => name.split("/")[0]));
  expect(rooms).toEqual(new Set(Object.keys(MAY_USE)));
  const wrong = files.flatMap((name) => {
    const room = name.split("/")[0] as string;
    return [...readFileSync(new URL(name, SRC), "utf8").matchAll(IMPORT)]
      .filter(([, isType, target = ""]) => target in MAY_USE && target !== room && !isType)
      .filter(([, , target = ""]) => !MAY_USE[room]?.includes(target))
      .map(([line]) => `${name}: ${line}`);
  });
  expect(wrong).toEqual([]);
});
