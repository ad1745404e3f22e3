/** Shell scripts. */

import { ShHighlightRules } from "ace-code/src/mode/sh_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

export const grammar = grammarOf(ShHighlightRules);
