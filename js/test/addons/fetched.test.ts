import { expect, test, vi } from "vitest";
import { FetchedAddons } from "../../src/addons/fetched.js";

test("only the layouts that there are are fetched, whatever a notebook names", async () => {
  const fetched = vi.fn(async (_name: string) => null);
  const addons = new FetchedAddons(fetched);
  for (const name of ["../../../files/evil", "mermaid", "chat?x", "", "constructor"]) {
    expect(addons.layout(name)).toBeNull();
  }
  expect(fetched).not.toHaveBeenCalled();
  await addons.layout("chat");
  expect(fetched).toHaveBeenCalledExactlyOnceWith("chat");
});
