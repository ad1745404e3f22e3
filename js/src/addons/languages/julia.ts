/** Julia, with comments of several lines, which can be nested. */

import { JuliaHighlightRules } from "ace-code/src/mode/julia_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

class Rules extends JuliaHighlightRules {
  constructor() {
    super();
    const open = { token: "comment", regex: "#=", push: "block_comment" };
    this.$rules.start?.unshift(open, { token: "keyword", regex: "\\b(?:struct|mutable|primitive|where|isa)\\b" });
    this.$rules.block_comment = [open, { token: "comment", regex: "=#", next: "pop" }, { defaultToken: "comment" }];
    this.normalizeRules();
  }
}

export const grammar = grammarOf(Rules);
