/** Ours as the page of a cell has it: the engine, the renderer, our style sheet. */

import { injectStyle } from "../../src/cell/style.js";
import { Engine } from "../../src/markdown/engine.js";
import type { Addons } from "../../src/render/addons.js";
import { Renderer } from "../../src/render/render.js";
import type { Instance } from "../page/instance.js";

export function ours(root: HTMLElement, parts: Addons): Instance {
  const cell = document.createElement("div");
  cell.className = "streamcell";
  cell.dataset.status = "streaming";
  const answer = document.createElement("div");
  answer.className = "sc-answer";
  cell.append(answer);
  root.append(cell);
  injectStyle(cell);
  const engine = new Engine();
  const renderer = new Renderer(answer, "bench", parts);
  const show = (): void => renderer.update(engine.document, engine.takeLate());
  return {
    push(chunk) {
      engine.push(chunk);
      show();
    },
    end() {
      engine.end();
      show();
    },
    scanned: () => engine.scanned,
  };
}
