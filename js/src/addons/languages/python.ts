/** Python, also interactive sessions. */

import { PythonHighlightRules } from "ace-code/src/mode/python_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

class Rules extends PythonHighlightRules {
  constructor() {
    super();
    this.$rules.start?.unshift(
      { token: "punctuation", regex: "^(?:>>>|\\.\\.\\.)(?= |$)" },
      { token: "meta", regex: "^\\s*@[\\w.]+" },
      { token: "constant.numeric", regex: "\\b\\d+(?:_\\d+)+(?:\\.\\d+)?(?:e[+-]?\\d+)?j?\\b" },
    );
  }
}

export const grammar = grammarOf(Rules);
