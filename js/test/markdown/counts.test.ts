// @vitest-environment happy-dom

/** The work for a long answer, counted rather than timed: each character a few times, each DOM node about once. */

import { describe, expect, test } from "vitest";
import { KINDS, write } from "../../bench/documents.js";
import { Engine } from "../../src/markdown/engine.js";
import { NO_ADDONS } from "../../src/render/addons.js";
import { Renderer } from "../../src/render/render.js";
import { NO_LAYOUT } from "../layout.js";
import { pieces } from "./feeding.js";

const LENGTH = 100_000;
const PIECE = 4;

const MOST_SCANNED = 3;
const MOST_CREATED = 1.5;

test.each(KINDS)("characters scanned for %s", (kind) => {
  const text = write(kind, LENGTH);
  expect(text).toHaveLength(LENGTH);
  const engine = new Engine();
  for (const piece of pieces(text, [PIECE])) engine.push(piece);
  engine.end();
  expect(engine.scanned / LENGTH).toBeLessThanOrEqual(MOST_SCANNED);
  // A count that misses most of the work would prove nothing.
  expect(engine.scanned).toBeGreaterThanOrEqual(LENGTH * 0.9);
});

/** What goes through `document`, whatever the renderer itself counts. */
function countCreated(run: () => void): number {
  let created = 0;
  let isMaking = false;
  const { createElement, createTextNode, createElementNS } = document;
  const splitText = Text.prototype.splitText;
  const counted = <Arguments extends unknown[], Made>(make: (...args: Arguments) => Made, that?: unknown) =>
    function (this: unknown, ...args: Arguments): Made {
      // One may be made of another.
      if (isMaking) return make.apply(that ?? this, args);
      created += 1;
      isMaking = true;
      const made = make.apply(that ?? this, args);
      isMaking = false;
      return made;
    };
  Object.assign(document, {
    createElement: counted(createElement, document),
    createTextNode: counted(createTextNode, document),
    createElementNS: counted(createElementNS, document),
  });
  Text.prototype.splitText = counted(splitText);
  try {
    run();
  } finally {
    Object.assign(document, { createElement, createTextNode, createElementNS });
    Text.prototype.splitText = splitText;
  }
  return created;
}

function countNodes(root: Node): number {
  let count = 0;
  for (const child of root.childNodes) count += 1 + countNodes(child);
  return count;
}

describe("DOM nodes created", () => {
  test.each(KINDS)("for %s", (kind) => {
    const text = write(kind, LENGTH);
    const root = document.createElement("div");
    document.body.replaceChildren(root);
    const renderer = new Renderer(root, "p", NO_ADDONS, NO_LAYOUT);
    const engine = new Engine();
    const update = () => renderer.update(engine.document, engine.takeLate());
    const created = countCreated(() => {
      for (const piece of pieces(text, [PIECE])) {
        engine.push(piece);
        update();
      }
      engine.end();
      update();
    });
    const final = countNodes(root);
    // The renderer counts the texts too that `append` makes of strings.
    const most = Math.max(created, renderer.created);
    expect(most / final).toBeLessThanOrEqual(MOST_CREATED);
    expect(most).toBeGreaterThanOrEqual(final);
  });
});
