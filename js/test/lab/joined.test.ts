import { expect, test } from "vitest";
import { joined, readGroup } from "../../src/jupyter/lab/joined.js";
import type { Output } from "../../src/jupyter/lab/output.js";
import { example } from "../wire.js";

interface Place {
  readonly key?: string;
  readonly markdown?: string;
  readonly plain?: string;
  readonly hidden?: boolean;
  readonly about?: Readonly<Record<string, unknown>>;
}

const outputs = new Map(
  (example("outputs") as readonly { name: string; output: Output }[]).map(({ name, output }) => [name, output]),
);
const { addon, state, places, output } = example("../joined") as {
  addon: string;
  state: Readonly<Record<string, unknown>>;
  places: readonly Place[];
  output: Output;
};

const whole = (place: Place) => ({ key: "", markdown: "", plain: "", hidden: false, about: {}, ...place });

test("answers are joined as the kernel joins them", () => {
  const content = { addon, state, places: places.map(whole) };
  expect(joined(content, outputs, "the key", "the model")).toEqual(output);
});

test("each answer is read again, from strings and from lists of lines", () => {
  const lines = (text: unknown) => String(text).split(/(?<=\n)/);
  const listed = Object.fromEntries(
    Object.entries(output.data).map(([name, value]) => [name, typeof value === "string" ? lines(value) : value]),
  );
  for (const data of [output.data, listed]) {
    const group = readGroup({ ...output, data });
    expect(group).toMatchObject({ key: "the key", modelId: "the model", addon, state });
    for (const [at, { output: read, saved, hidden, about }] of (group?.places ?? []).entries()) {
      const place = whole(places[at] ?? {});
      expect([hidden, about]).toEqual([place.hidden, place.about]);
      const own = outputs.get(place.key);
      expect([read === null, saved === null]).toEqual([!own, !own]);
      if (!own) continue;
      expect(saved?.doc.parts.length).toBeGreaterThan(0);
      if (!hidden) expect(read).toEqual(own);
      else expect(read?.data["text/plain"]).toBe(own.data["text/plain"]);
    }
  }
});

test("what another program has damaged is read as far as it can be", () => {
  const known = output.data["application/vnd.streamcell.answers+json"] as { items: unknown[] };
  const broken = { ...known, items: [7, { answer: {}, at: { "text/plain": ["x", -1] } }, {}] };
  const data = { "application/vnd.streamcell.answers+json": broken };
  const group = readGroup({ data, metadata: {} });
  expect(group?.places.map(({ saved }) => saved)).toEqual([null, null]);
  expect(group?.key).toBe("");
  expect(readGroup({ data: { "application/vnd.streamcell.answers+json": { version: 9 } }, metadata: {} })).toBeNull();
});

test("pieces that overlap are no pieces of ours, so a small notebook cannot become a large text", () => {
  const known = output.data["application/vnd.streamcell.answers+json"] as { items: { answer?: unknown }[] };
  const answer = known.items.find((item) => item.answer)?.answer;
  const items = Array.from({ length: 100 }, () => ({ answer, at: { "text/plain": [0, 1_000] } }));
  const text = "a".repeat(1_000);
  const data = { "application/vnd.streamcell.answers+json": { ...known, items }, "text/plain": text };
  const places = readGroup({ data, metadata: {} })?.places ?? [];
  expect(places).toHaveLength(100);
  expect(places.map((place) => String(place.output?.data["text/plain"])).join("")).toBe(text);
});
