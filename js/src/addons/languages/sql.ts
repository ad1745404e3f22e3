/** SQL, with common words of its dialects. */

import { SqlHighlightRules } from "ace-code/src/mode/sql_highlight_rules";
import { grammar as grammarOf } from "../grammar.js";

const KEYWORDS =
  "add|after|analyze|begin|before|cascade|change|concurrently|conflict|copy|declare|deferrable|delimiter|do|each|" +
  "elsif|elseif|enable|exec|execute|explain|extension|go|ilike|immutable|index|isnull|lateral|language|loop|" +
  "materialized|merge|modify|nothing|notnull|nulls|over|perform|pragma|procedure|qualify|raise|recursive|refresh|" +
  "rename|replace|restrict|return|returning|returns|role|schema|sequence|show|temp|temporary|top|transaction|" +
  "trigger|unbounded|preceding|following|unnest|use|vacuum|view|volatile|while|without";

const TYPES =
  "bigserial|blob|boolean|bool|bytea|datetime|datetime2|interval|json|jsonb|money|nvarchar|nchar|ntext|integer|real|" +
  "serial|smallint|string|timestamptz|tinyint|uuid|xml";

class Rules extends SqlHighlightRules {
  constructor() {
    super();
    const word = (words: string) => `\\b(?:${words})\\b`;
    this.$rules.start?.unshift(
      { token: "keyword", regex: word(KEYWORDS), caseInsensitive: true },
      { token: "storage.type", regex: word(TYPES), caseInsensitive: true },
      { token: "string", regex: "\\$\\$" },
    );
  }
}

export const grammar = grammarOf(Rules);
