/** The addon with what a cell has for its user's hands: the panels, clean copies, and the tools of code, tables and formulas. */

import type { Tools } from "../render/addons.js";
import { Bar } from "./tools/bar.js";
import { rich, selected } from "./tools/clean.js";
import { Details } from "./tools/details.js";
import { Difference } from "./tools/difference.js";

export const tools: Tools = {
  details: (parts) => new Details(parts),
  difference: (parts) => new Difference(parts),
  blocks: (parts) => new Bar(parts),
  rich,
  selected,
};
