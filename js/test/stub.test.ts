// @vitest-environment happy-dom

import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import make from "../src/jupyter/stub.js";
import { FakeModel } from "./model.js";

const KEY = Symbol.for("streamcell.bundles");
const bundles = (globalThis as unknown as Record<symbol, Map<string, unknown>>)[KEY] as Map<string, unknown>;

const shared = { get: (name: string) => ({ digest: "d1", esm: "export default 1" })[name] };

type Given = Parameters<ReturnType<typeof make>["initialize"]>[0];

function cell(getModel: (id: string) => Promise<unknown>) {
  const model = new FakeModel({ _bundle: "IPY_MODEL_abc", _digest: "d1", text: "the plain text" });
  return {
    fake: model,
    props: { model: Object.assign(model, { widget_manager: { get_model: getModel } }) } as unknown as Given,
  };
}

/** A bundle that only notes what it is asked for. */
function noting() {
  const calls: string[] = [];
  let early: readonly unknown[] = [];
  let whom: unknown = null;
  const bundle = {
    default: () => ({
      initialize(props: { early: readonly unknown[]; shared: unknown }) {
        calls.push("initialize");
        whom = props.shared;
        early = props.early;
        return () => calls.push("end");
      },
      render() {
        calls.push("render");
        return () => calls.push("close");
      },
    }),
  };
  bundles.set("d1", Promise.resolve(bundle));
  return { calls, early: () => early, whom: () => whom };
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(console, "error").mockImplementation(() => {});
});

afterEach(() => {
  bundles.clear();
  vi.useRealTimers();
  vi.restoreAllMocks();
});

test("the bundle is found by the reference, and each cell gets a definition of its own", async () => {
  const { calls } = noting();
  const asked: string[] = [];
  const { props } = cell(async (id) => {
    asked.push(id);
    return shared;
  });
  const definition = make();
  const end = definition.initialize(props);
  const close = await definition.render({ ...props, el: document.createElement("div") });
  expect(asked).toEqual(["abc"]);
  expect(calls).toEqual(["initialize", "render"]);
  close?.();
  await end();
  expect(calls).toEqual(["initialize", "render", "close", "end"]);
});

test("initialize does not wait, and what comes meanwhile is handed over", async () => {
  const { early } = noting();
  let found: (model: unknown) => void = () => {};
  const { fake, props } = cell(() => new Promise((resolve) => (found = resolve)));
  const definition = make();
  expect(definition.initialize(props)).toBeTypeOf("function");
  fake.receive({ type: "first" });
  found(shared);
  await definition.render({ ...props, el: document.createElement("div") });
  expect(early()).toEqual([{ type: "first" }]);
  expect(fake.listening).toBe(0);
});

test("a shared widget that is restored later is waited for", async () => {
  const { calls } = noting();
  let tries = 0;
  const { fake, props } = cell(async () => {
    tries += 1;
    if (tries < 4) throw new Error("widget model not found");
    return shared;
  });
  fake.traits._digest = "another"; // the page has none that would do
  const definition = make();
  definition.initialize(props);
  await vi.runAllTimersAsync();
  expect([tries, calls]).toEqual([4, ["initialize"]]);
});

test("newer hosts are asked for the model by their own means", async () => {
  noting();
  const model = new FakeModel({ _bundle: "IPY_MODEL_abc" });
  const asked: string[] = [];
  const host = {
    getModel: async (ref: string) => {
      asked.push(ref);
      return shared;
    },
  };
  const props = { model, host } as unknown as Given;
  const definition = make();
  definition.initialize({ model } as unknown as Given);
  await definition.render({ ...props, el: document.createElement("div") });
  expect(asked).toEqual(["anywidget:abc"]);
});

describe("a kernel that is slow", () => {
  const slow = () => {
    let there = false;
    const { fake, props } = cell(async () => {
      if (!there) throw new Error("widget model not found");
      return shared;
    });
    const definition = make();
    definition.initialize(props);
    const el = document.createElement("div");
    return { fake, el, come: () => (there = true), rendered: definition.render({ ...props, el }) };
  };

  test("has the plain text shown, and the reason", async () => {
    const { el } = slow();
    await vi.advanceTimersByTimeAsync(9000);
    expect(el.textContent).toBe("");
    await vi.advanceTimersByTimeAsync(2000);
    expect(el.textContent).toContain("widget model not found");
    expect(el.textContent).toContain("the plain text");
  });

  test.each([20, 60, 600, 36_000])(
    "may send the bundle after %s seconds: it takes the plain text's place",
    async (seconds) => {
      const { el, come, rendered } = slow();
      await vi.advanceTimersByTimeAsync(seconds * 1000);
      expect(el.querySelector("pre")).not.toBeNull();
      const { calls } = noting();
      come();
      await vi.advanceTimersByTimeAsync(61_000);
      expect(calls).toEqual(["initialize", "render"]);
      expect(el.querySelector("pre")).toBeNull();
      (await rendered)?.();
      expect(calls).toEqual(["initialize", "render", "close"]);
    },
  );

  test("may answer the cell's own question as late", async () => {
    const { fake, el } = slow();
    await vi.advanceTimersByTimeAsync(3_600_000);
    const questions = fake.sent.length;
    expect(questions).toBeLessThan(80);
    const { calls } = noting();
    fake.receive({ type: "addon", name: "streamcell", esm: "export default 1" });
    await vi.advanceTimersByTimeAsync(1);
    expect(calls).toEqual(["initialize", "render"]);
    expect(el.querySelector("pre")).toBeNull();
    await vi.advanceTimersByTimeAsync(600_000);
    expect(fake.sent.length).toBe(questions);
  });

  test("is not drawn into a view that has gone meanwhile", async () => {
    const { come, rendered } = slow();
    await vi.advanceTimersByTimeAsync(20_000);
    (await rendered)?.();
    const { calls } = noting();
    come();
    await vi.advanceTimersByTimeAsync(61_000);
    expect(calls).toEqual(["initialize"]);
  });
});

test("a bundle that cannot be loaded leaves the plain text, and the reason", async () => {
  bundles.set("d1", Promise.reject(new Error("not a module")));
  const { props } = cell(async () => shared);
  const definition = make();
  definition.initialize(props);
  const el = document.createElement("div");
  await definition.render({ ...props, el });
  expect(el.textContent).toContain("not a module");
  expect(el.textContent).toContain("the plain text");
});

describe("over the cell's own comm", () => {
  const question = { type: "addon", name: "streamcell" };
  const answer = { ...question, esm: "export default 1" };

  test("comes the bundle where there is no shared widget, and the cell is whom to ask for parts", async () => {
    const { fake, props } = cell(async () => shared);
    fake.traits["_bundle"] = null;
    const definition = make();
    definition.initialize(props);
    expect(fake.sent).toEqual([question]);
    const { calls, whom } = noting();
    fake.receive({ type: "patch" });
    fake.receive(answer);
    await definition.render({ ...props, el: document.createElement("div") });
    expect(calls).toEqual(["initialize", "render"]);
    expect(whom()).toBe(fake);
    await vi.runAllTimersAsync();
    expect([fake.sent.length, fake.listening]).toEqual([1, 0]);
  });

  test("it is not asked for again where the page has it", async () => {
    const { whom } = noting();
    const { fake, props } = cell(async () => shared);
    fake.traits["_bundle"] = null;
    await make().render({ ...props, el: document.createElement("div") });
    expect([whom(), fake.sent]).toEqual([fake, []]);
  });

  test("it is asked for where the shared widget is not found soon, and again where no answer comes", async () => {
    const { fake, props } = cell(async () => {
      throw new Error("widget model not found");
    });
    const definition = make();
    definition.initialize(props);
    await vi.advanceTimersByTimeAsync(900);
    expect(fake.sent).toEqual([]);
    await vi.advanceTimersByTimeAsync(4000);
    expect(fake.sent).toEqual([question, question]);
    const { calls } = noting();
    fake.receive(answer);
    await definition.render({ ...props, el: document.createElement("div") });
    expect(calls).toEqual(["initialize", "render"]);
  });

  test("a shared widget that is found meanwhile is taken", async () => {
    const { whom } = noting();
    const { fake, props } = cell(() => new Promise((resolve) => setTimeout(() => resolve(shared), 5000)));
    fake.traits["_digest"] = "another";
    const definition = make();
    definition.initialize(props);
    await vi.runAllTimersAsync();
    expect(whom()).toBe(shared);
  });
});

test("a view that is gone before the bundle is there is not rendered", async () => {
  const { calls } = noting();
  const { props } = cell(async () => shared);
  const definition = make();
  definition.initialize(props);
  await definition.render({ ...props, el: document.createElement("div"), signal: AbortSignal.abort() });
  expect(calls).toEqual(["initialize"]);
});

test("messages that anywidget refuses go past it, in order and once", async () => {
  noting();
  const passed: unknown[] = [];
  const answers: ((refused: boolean) => void)[] = [];
  class WidgetModel extends FakeModel {
    handler: (message: unknown) => unknown = () => {};
    readonly comm = { on_msg: (callback: (message: unknown) => unknown) => (this.handler = callback) };
    async _handle_comm_msg(message: unknown): Promise<void> {
      passed.push(message);
    }
  }
  class AnyModel extends WidgetModel {
    override async _handle_comm_msg(message: unknown): Promise<void> {
      await new Promise<void>((resolve, reject) => answers.push((refused) => (refused ? reject() : resolve())));
      return super._handle_comm_msg(message);
    }
  }
  const model = new AnyModel({ _bundle: "IPY_MODEL_abc" });
  const props = { model: Object.assign(model, { widget_manager: { get_model: async () => shared } }) };
  const definition = make();
  definition.initialize(props as unknown as Given);
  expect(model.get("_bundle")).toBe("IPY_MODEL_abc");
  model.handler("refused");
  model.handler("refused too");
  model.handler("taken");
  for (const [index, answer] of answers.entries()) answer(index < 2);
  await vi.runAllTimersAsync();
  expect([...passed].sort()).toEqual(["refused", "refused too", "taken"]);
  expect(passed.indexOf("refused")).toBeLessThan(passed.indexOf("refused too"));
});
