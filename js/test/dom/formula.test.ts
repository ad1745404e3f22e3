// @vitest-environment happy-dom

import { describe, expect, test } from "vitest";
import { type Addons, type MathRenderer, NO_ADDONS } from "../../src/render/addons.js";
import { Drawn, watch } from "./drawn.js";

const typeset: string[] = [];

const MATH: MathRenderer = {
  render(tex, display, target) {
    if (tex.includes("bad")) throw new Error("bad TeX");
    typeset.push(tex);
    target.append(Object.assign(document.createElement("i"), { textContent: display ? `[${tex}]` : `(${tex})` }));
  },
};

const addonsOf = (math: ReturnType<Addons["math"]>): Addons => ({ ...NO_ADDONS, math: () => math });

describe("math", () => {
  test("is typeset when it is whole, and no raw text is shown before", () => {
    const drawn = new Drawn(addonsOf(MATH));
    drawn.push("a $x^2", 1);
    expect(drawn.get(".sc-math").outerHTML).toBe('<span class="sc-math" data-pending=""></span>');
    drawn.push("+1$ b", 1);
    expect(drawn.root.textContent).toBe("a (x^2+1) b");
    expect(drawn.all("[data-pending]")).toEqual([]);
  });

  test("apart is typeset when it is whole", () => {
    const drawn = new Drawn(addonsOf(MATH));
    drawn.push("$$\nx\n+y\n", 1);
    expect(drawn.get(".sc-formula").outerHTML).toBe(
      '<div class="sc-formula" data-pending="" tabindex="0" role="group" aria-label="Formula" data-tip=""></div>',
    );
    drawn.push("$$\n\nb", 1);
    expect(drawn.get(".sc-formula").textContent?.replace(/\s/g, "")).toBe("[x+y]");
  });

  test("is typeset once", () => {
    const drawn = new Drawn(addonsOf(MATH));
    typeset.length = 0;
    drawn.push("$a$ and $$b$$ more text\n\n- $c$ and\n\n$$\nd\n$$\n", 1);
    drawn.end();
    expect(typeset).toEqual(["a", "b", "c", "d"]);
  });

  test("that is bad shows its source", () => {
    const drawn = new Drawn(addonsOf(MATH));
    drawn.push("a $bad$ b");
    expect(drawn.get(".sc-math").innerHTML).toBe('<code class="sc-tex">bad</code>');
  });

  test("shows its source where nothing can typeset it", () => {
    const drawn = new Drawn();
    drawn.push("$x$");
    drawn.end();
    expect(drawn.get(".sc-tex").textContent).toBe("x");
  });

  test("waits for the part, and nothing else is touched when it comes", async () => {
    let arrive: (math: MathRenderer | null) => void = () => {};
    const coming = new Promise<MathRenderer | null>((resolve) => {
      arrive = resolve;
    });
    const drawn = new Drawn(addonsOf(coming));
    drawn.push("$x$ and $y$ and $z$\n\nend");
    expect(drawn.all("[data-pending]")).toHaveLength(3);
    const changes = watch(drawn.root);
    arrive(MATH);
    await Promise.resolve();
    expect(changes()).toEqual([]);
    drawn.layout.frame();
    drawn.layout.frame();
    expect(drawn.root.textContent).toBe("(x) and (y) and (z)end");
    const touched = new Set(changes().map((record) => (record.target as Element).className));
    expect([...touched]).toEqual(["sc-math"]);
  });

  test("shows its source when the part does not come", async () => {
    const drawn = new Drawn(addonsOf(Promise.resolve(null)));
    drawn.push("$x$ ");
    await Promise.resolve();
    drawn.layout.frame();
    expect(drawn.get(".sc-tex").textContent).toBe("x");
  });
});
