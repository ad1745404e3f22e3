/** The addon that typesets formulas. */

import type { MathRenderer } from "../render/addons.js";
import { dress, loadFont } from "./math/look.js";
import { math as plain } from "./math/render.js";

export const math: MathRenderer = {
  render(tex, display, target) {
    plain.render(tex, display, target);
    dress(target);
  },
};

await loadFont();
