/** Renders TeX as MathML with Temml. MathML needs a quarter of the elements of HTML, and screen readers can read it. */

import temml from "temml";
import type { MathRenderer } from "../../render/addons.js";
import { Builder, type Tree } from "./build.js";
import { EXPANSIONS, EXPANSIONS_OF_OWN, LONGEST, LONGEST_LENGTH } from "./settings.js";

const POINTS_PER_EM = 10;

const DEFINES = /\\(?:[egx]?def|(?:re|provide)?(?:new)?command|let|futurelet)(?![a-z])/i;

/** Replace references by the names of their labels, because the numbers of other formulas are not known here. */
const withReferences = (tex: string): string =>
  tex.replace(/\\(eq)?ref\s*\{([\w:. -]*)\}/g, (_, eq: string | undefined, label: string) => {
    const name = label.replaceAll("_", "\\_");
    return eq ? `\\text{(${name})}` : `\\text{${name}}`;
  });

export const math: MathRenderer = {
  render(tex, display, target) {
    if (tex.length > LONGEST) throw new RangeError("the formula is too long");
    const tree = temml.__renderToMathMLTree(withReferences(tex), {
      displayMode: display,
      throwOnError: true,
      trust: false,
      maxExpand: DEFINES.test(tex) ? EXPANSIONS_OF_OWN : EXPANSIONS,
      maxSize: [LONGEST_LENGTH, LONGEST_LENGTH * POINTS_PER_EM],
      macros: {},
    }) as Tree;
    target.append(new Builder().build(tree));
  },
};
