import { describe, expect, it } from "vitest";
import { growthExponent, lastTenth, mean, median, quantile, type Update } from "../../bench/statistics.js";
import { randomFrom } from "../random.js";

const LENGTH = 100_000;

function updates(script: (at: number) => number, layout: (at: number) => number = () => 0): Update[] {
  return Array.from({ length: LENGTH / 4 }, (_, index) => {
    const at = index * 4;
    return { at, script: script(at), layout: layout(at) };
  });
}

describe("the growth exponent", () => {
  it.each([0, 0.1, 0.5, 1, 2])("finds a power of %d", (power) => {
    const grown = updates((at) => 0.02 * (at / LENGTH) ** power);
    expect(growthExponent(grown, LENGTH)).toBeCloseTo(power, 1);
  });

  it("finds it under noise and with few samples", () => {
    const random = randomFrom(7);
    const grown = updates((at) => (at + 1) * (0.5 + random())).filter((_, index) => index % 50 < 5);
    expect(growthExponent(grown, LENGTH)).toBeCloseTo(1, 1);
  });

  it("looks at the part of the cost that is asked for", () => {
    const grown = updates(
      () => 1,
      (at) => at,
    );
    expect(growthExponent(grown, LENGTH, ({ script }) => script)).toBeCloseTo(0, 6);
    expect(growthExponent(grown, LENGTH, ({ layout }) => layout)).toBeCloseTo(1, 1);
  });

  it("does not see the first twenty-fifth, where the engine warms up", () => {
    const warming = updates((at) => (at < LENGTH / 25 ? 100 : 1));
    expect(growthExponent(warming, LENGTH)).toBeCloseTo(0, 6);
  });

  it("stands updates that cost nothing measurable", () => {
    expect(
      growthExponent(
        updates(() => 0),
        LENGTH,
      ),
    ).toBeCloseTo(0, 6);
  });
});

describe("quantiles", () => {
  it("are values that were measured", () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index);
    expect(quantile(values, 0.99)).toBe(99);
    expect(quantile(values, 1)).toBe(100);
    expect(quantile(values, 0)).toBe(1);
    expect(median([3, 1, 2])).toBe(2);
  });
});

it("the last tenth begins at nine tenths", () => {
  const late = lastTenth(
    updates(() => 1),
    LENGTH,
  );
  expect(late[0]?.at).toBe(90_000);
  expect(late).toHaveLength(2_500);
  expect(mean(late.map(({ script }) => script))).toBe(1);
});
