/** PHP, inside HTML if the fence begins with a tag, and without HTML if it does not. */

import { PhpHighlightRules } from "ace-code/src/mode/php_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

class Rules extends PhpHighlightRules {
  constructor() {
    super();
    this.$rules.first = [
      { token: "text", regex: "(?=\\s*<[?!\\w])", next: "start" },
      { token: "text", regex: "(?=\\s*\\S)", next: "php-start" },
    ];
  }
}

export const grammar = grammarOf(Rules, "first");
