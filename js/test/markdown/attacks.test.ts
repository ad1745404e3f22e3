// @vitest-environment happy-dom

/** What an attacker writes costs what its length says: characters scanned, nodes made, and how deep they stand. */

import { expect, test } from "vitest";
import { Engine } from "../../src/markdown/engine.js";
import { NO_ADDONS } from "../../src/render/addons.js";
import { Renderer } from "../../src/render/render.js";
import { NO_LAYOUT } from "../layout.js";
import { ATTACKS } from "./attacks.js";
import { pieces } from "./feeding.js";

const PIECE = 4;
const [SHORT, LONG] = [3_000, 12_000];

/** Nodes for each character, and levels. */
const MOST_NODES = 2;
const DEEPEST = 210;

interface Node {
  readonly children?: readonly Node[];
}

function measure(document: Node): { nodes: number; depth: number } {
  let [nodes, depth] = [0, 0];
  const left: [Node, number][] = [[document, 0]];
  for (let next = left.pop(); next; next = left.pop()) {
    const [node, level] = next;
    nodes += 1;
    depth = Math.max(depth, level);
    for (const child of node.children ?? []) left.push([child, level + 1]);
  }
  return { nodes, depth };
}

function feed(text: string): Engine {
  const engine = new Engine();
  for (const piece of pieces(text, [PIECE])) engine.push(piece);
  engine.end();
  return engine;
}

const scanned = (text: string): number => feed(text).scanned / text.length;

test.each(Object.entries(ATTACKS))("%s: characters scanned", (_name, make) => {
  const [before, after] = [scanned(make(SHORT)), scanned(make(LONG))];
  expect(after).toBeLessThanOrEqual(Math.max(10, 1.6 * before));
});

test.each(Object.entries(ATTACKS))("%s: nodes and levels, and what is drawn", (_name, make) => {
  const text = make(SHORT);
  const engine = feed(text);
  const { nodes, depth } = measure(engine.document as Node);
  expect(nodes / text.length).toBeLessThanOrEqual(MOST_NODES);
  expect(depth).toBeLessThanOrEqual(DEEPEST);
  const root = document.createElement("div");
  new Renderer(root, "p", NO_ADDONS, NO_LAYOUT).update(engine.document, engine.takeLate());
  expect(root.childNodes.length).toBeGreaterThan(0);
});
