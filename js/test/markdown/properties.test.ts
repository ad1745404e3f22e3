/**
 * Chunking never matters, and what is settled stays: over the corpus, and over documents that a seed generates.
 *
 * `STREAMCELL_FUZZ_COUNT` and `STREAMCELL_FUZZ_SEED` make the second part longer and another one, as `make fuzz` does.
 */

import spec from "commonmark-spec";
import { describe, expect, test } from "vitest";
import type { Dialect } from "../../src/markdown/dialect.js";
import { Engine } from "../../src/markdown/engine.js";
import { CORPUS } from "../corpus/index.js";
import { generate, shrink } from "../generate.js";
import { LONG } from "../long.js";
import { randomFrom } from "../random.js";
import { type Cuts, findDeviation, pieces, randomCuts } from "./feeding.js";
import gfm from "./gfm-spec.json" with { type: "json" };
import { deviation, findShortest, PLAIN } from "./shortest.js";
import { Watcher } from "./watcher.js";

const DIALECTS: readonly Partial<Dialect>[] = [
  {},
  {},
  {},
  { math: false },
  { gfm: false, math: false },
  { html: "raw" },
];

describe("the tree of an answer is the same whole and", () => {
  test.each([
    ["by character", () => [1]],
    ["by four", () => [4]],
    ["at random cuts", (random: () => number, length: number) => randomCuts(random, length)],
    ["at other random cuts", (random: () => number, length: number) => randomCuts(random, length)],
  ] as const)("%s", (_, cut) => {
    const random = randomFrom(20_240_314);
    for (const { name, text } of CORPUS) {
      expect(findDeviation(text, cut(random, text.length)), name).toBeNull();
    }
  });
});

/** A seed's document with its dialect and cuts; then as it is when closed at some prefix. */
function* variants(seed: number): Generator<{ text: string; cuts: Cuts; dialect: Partial<Dialect> }> {
  const whole = generate(seed, QUOTATIONS);
  const random = randomFrom(seed ^ 0x5bd1e995);
  const dialect = DIALECTS[Math.floor(random() * DIALECTS.length)] as Partial<Dialect>;
  const plain = PLAIN[seed % PLAIN.length] as Cuts;
  yield { text: whole, cuts: randomCuts(random, whole.length), dialect };
  yield { text: whole, cuts: plain, dialect };
  for (let count = 0; count < 2; count += 1) {
    const text = whole.slice(0, 1 + Math.floor(random() * whole.length));
    yield { text, cuts: count === 0 ? [1] : randomCuts(random, text.length), dialect };
  }
}

const QUOTATIONS = [
  ...spec.tests.map(({ markdown }) => markdown.replaceAll("→", "\t")),
  ...gfm.examples.map((each) => each.markdown),
];

const COUNT = Number(process.env.STREAMCELL_FUZZ_COUNT ?? (LONG ? 10_000 : 2_000));
const SEED = Number(process.env.STREAMCELL_FUZZ_SEED ?? 1);

test(`${COUNT} generated documents are the same whole, in pieces, and closed at prefixes`, { timeout: 0 }, () => {
  const failures: string[] = [];
  for (let seed = SEED; seed < SEED + COUNT && failures.length < 10; seed += 1) {
    for (const { text, cuts, dialect } of variants(seed)) {
      if (deviation(text, cuts, dialect) === null) continue;
      failures.push(`seed ${seed}, ${JSON.stringify(dialect)}: ${findShortest(text, dialect, cuts)}`);
      break;
    }
  }
  expect(failures.join("\n")).toBe("");
  console.log(`${COUNT} documents from seed ${SEED}`);
});

describe("what is settled and closed stays", () => {
  function watch(text: string, cuts: Cuts, dialect: Partial<Dialect> = {}): void {
    const engine = new Engine(dialect);
    const watcher = new Watcher(engine);
    for (const piece of pieces(text, cuts)) {
      engine.push(piece);
      watcher.check();
    }
    engine.end();
    watcher.checkAll();
  }

  test("over the corpus, by character", () => {
    for (const { name, text } of CORPUS) {
      expect(() => watch(text, [1]), name).not.toThrow();
    }
  });

  test("over generated documents", { timeout: 0 }, () => {
    const broken = (text: string, cuts: Cuts, dialect: Partial<Dialect>): string | null => {
      try {
        watch(text, cuts, dialect);
        return null;
      } catch (error) {
        return (error as Error).message;
      }
    };
    for (let seed = SEED; seed < SEED + COUNT / 2; seed += 1) {
      for (const { text, cuts, dialect } of [...variants(seed)].slice(0, 2)) {
        const found = broken(text, cuts, dialect);
        if (found === null) continue;
        const shortest = broken(text, [1], dialect)
          ? shrink(text, (each) => broken(each, [1], dialect) !== null)
          : text;
        expect.fail(`seed ${seed}, ${JSON.stringify(dialect)}: ${JSON.stringify(shortest)} ${found}`);
      }
    }
  });
});
