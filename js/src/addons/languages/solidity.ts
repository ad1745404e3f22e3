/** Solidity. */

import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

const KEYWORDS =
  "abstract|anonymous|as|assembly|assert|break|calldata|catch|constant|constructor|continue|contract|delete|do|else|" +
  "emit|enum|error|event|external|fallback|for|from|function|if|immutable|import|indexed|interface|internal|is|library|" +
  "memory|modifier|new|override|payable|pragma|private|public|pure|receive|require|return|returns|revert|storage|" +
  "struct|super|this|throw|try|type|unchecked|using|var|view|virtual|while";

class Rules extends TextHighlightRules {
  constructor() {
    super();
    this.$rules = {
      start: [
        { token: "comment", regex: "//.*$" },
        { token: "comment", regex: "/\\*", next: "comment" },
        { token: "string", regex: '"(?:[^"\\\\]|\\\\.)*"?' },
        { token: "string", regex: "'(?:[^'\\\\]|\\\\.)*'?" },
        { token: "meta", regex: "^pragma\\b.*$" },
        { token: "keyword", regex: `\\b(?:${KEYWORDS})\\b` },
        { token: "support.type", regex: "\\b(?:u?int\\d*|bytes\\d*|address|bool|string|mapping|u?fixed\\w*)\\b" },
        { token: "constant.language", regex: "\\b(?:true|false|wei|gwei|ether|seconds|minutes|hours|days|weeks)\\b" },
        { token: "variable.language", regex: "\\b(?:msg|block|tx|abi)\\b" },
        { token: "constant.numeric", regex: "\\b(?:0x[\\da-fA-F]+|\\d[\\d_]*(?:\\.\\d+)?(?:e-?\\d+)?)\\b" },
        { token: "identifier", regex: "[a-zA-Z_$][\\w$]*" },
        { token: "keyword.operator", regex: "=>|[-+*/%=<>!&|^~?:]+" },
        { token: "paren", regex: "[()\\[\\]{}]" },
      ],
      comment: [{ token: "comment", regex: "\\*/", next: "start" }, { defaultToken: "comment" }],
    };
  }
}

export const grammar = grammarOf(Rules);
