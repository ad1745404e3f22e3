/** JSON, also with comments. */

import { JsonHighlightRules } from "ace-code/src/mode/json_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

class Rules extends JsonHighlightRules {
  constructor() {
    super();
    this.$rules.start?.unshift({ token: "constant.language", regex: "null\\b" });
  }
}

export const grammar = grammarOf(Rules);
