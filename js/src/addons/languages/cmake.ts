/** CMake. */

import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

const CONTROL =
  "if|elseif|else|endif|foreach|endforeach|while|endwhile|function|endfunction|macro|endmacro|return|break";

class Rules extends TextHighlightRules {
  constructor() {
    super();
    this.$rules = {
      start: [
        { token: "comment", regex: "#\\[\\[", next: "comment" },
        { token: "comment", regex: "#.*$" },
        { token: "string", regex: '"', next: "string" },
        { token: "keyword", regex: `(?:${CONTROL})(?=\\s*\\()`, caseInsensitive: true },
        { token: "support.function", regex: "\\w+(?=\\s*\\()" },
        { token: "variable", regex: '\\$(?:ENV|CACHE)?\\{[^\\s"()]*\\}' },
        { token: "constant.numeric", regex: "\\b\\d+(?:\\.\\d+)*\\b" },
        { token: "constant.language", regex: "\\b(?:ON|OFF|TRUE|FALSE|YES|NO)\\b" },
        { token: "storage.type", regex: "\\b[A-Z][A-Z_]{2,}\\b" },
        { token: "paren", regex: "[()]" },
      ],
      comment: [{ token: "comment", regex: "\\]\\]", next: "start" }, { defaultToken: "comment" }],
      string: [
        { token: "constant.character.escape", regex: "\\\\." },
        { token: "variable", regex: "\\$\\{[\\w.\\-]*\\}" },
        { token: "string", regex: '"', next: "start" },
        { defaultToken: "string" },
      ],
    };
  }
}

export const grammar = grammarOf(Rules);
