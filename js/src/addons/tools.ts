/**
 * The addon with what a cell has for its user's hands: the panels, decisions on calls, clean copies, and the tools
 * of blocks.
 */

import type { Tools } from "../render/addons.js";
import { Bar } from "./tools/bar.js";
import { rich, selected } from "./tools/clean.js";
import { Decision } from "./tools/decision.js";
import { Details } from "./tools/details.js";
import { Difference } from "./tools/difference.js";

export const tools: Tools = {
  decision: (parts) => new Decision(parts),
  details: (parts) => new Details(parts),
  difference: (parts) => new Difference(parts),
  blocks: (parts) => new Bar(parts),
  rich,
  selected,
};
