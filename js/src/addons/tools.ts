/** The addon with what a cell has for its user's hands: the panels, and the tools of code, tables and formulas. */

import type { Tools } from "../render/addons.js";
import { Details } from "./tools/details.js";
import { Difference } from "./tools/difference.js";

export const tools: Tools = {
  details: (parts) => new Details(parts),
  difference: (parts) => new Difference(parts),
};
