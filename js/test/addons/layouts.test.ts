/** Names of layouts come from notebooks, which anybody may have written: only our own are fetched. */

import { expect, test } from "vitest";
import { ADDONS } from "../../addons.mjs";
import { FetchedAddons } from "../../src/addons/fetched.js";

const layouts = async (names: readonly string[]) => {
  const fetched: string[] = [];
  const addons = new FetchedAddons(
    async (name) => {
      fetched.push(name);
      return name;
    },
    async () => ({ layout: { draw: () => () => {} } }),
  );
  const found = await Promise.all(names.map((name) => addons.layout(name)));
  return { fetched, drawn: found.filter((layout) => layout !== null).length };
};

test("our layouts are addons, and are fetched", async () => {
  const { fetched, drawn } = await layouts(["chat", "compare"]);
  expect(fetched).toEqual(["chat", "compare"]);
  expect(drawn).toBe(2);
  expect(ADDONS).toEqual(expect.arrayContaining(fetched));
});

test.each([
  "../../../../files/evil",
  "/files/evil",
  "//evil.example/x",
  "chat?",
  "chat/../x",
  "mermaid",
  "",
  "__proto__",
])("nothing is fetched for the name %j", async (name) => {
  expect(await layouts([name])).toEqual({ fetched: [], drawn: 0 });
});
