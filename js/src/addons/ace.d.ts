/** The parts of Ace's highlighter that are used; Ace's own types are for the whole editor. */

declare module "ace-code/src/tokenizer" {
  import type { Rules } from "ace-code/src/mode/text_highlight_rules";

  export type State = string | readonly (string | number)[];

  export class Tokenizer {
    constructor(rules: Rules);
    /** Does not change `state`. */
    getLineTokens(line: string, state: State): { tokens: { type: string; value: string }[]; state: State };
    reportError(message: string, data: unknown): void;
  }
}

declare module "ace-code/src/mode/text_highlight_rules" {
  export interface Rule {
    token?: string | readonly string[];
    defaultToken?: string;
    regex?: string | RegExp;
    next?: string | readonly Rule[];
    push?: string | readonly Rule[];
    include?: string;
    caseInsensitive?: boolean;
  }

  export type Rules = Record<string, Rule[]>;

  export class TextHighlightRules {
    $rules: Rules;
    getRules(): Rules;
    normalizeRules(): void;
  }
}

declare module "ace-code/src/mode/json_highlight_rules" {
  import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
  export class JsonHighlightRules extends TextHighlightRules {}
}

declare module "ace-code/src/mode/julia_highlight_rules" {
  import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
  export class JuliaHighlightRules extends TextHighlightRules {}
}

declare module "ace-code/src/mode/php_highlight_rules" {
  import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
  export class PhpHighlightRules extends TextHighlightRules {}
}

declare module "ace-code/src/mode/python_highlight_rules" {
  import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
  export class PythonHighlightRules extends TextHighlightRules {}
}

declare module "ace-code/src/mode/sh_highlight_rules" {
  import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
  export class ShHighlightRules extends TextHighlightRules {}
}

declare module "ace-code/src/mode/sql_highlight_rules" {
  import { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
  export class SqlHighlightRules extends TextHighlightRules {}
}
