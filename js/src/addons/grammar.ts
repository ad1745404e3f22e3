/** Makes a grammar from Ace's rules for a language: line by line, with the state between lines as a value. */

import type { TextHighlightRules } from "ace-code/src/mode/text_highlight_rules";
import { type State, Tokenizer } from "ace-code/src/tokenizer";
import type { Grammar, Span } from "../render/addons.js";
import { styleOf } from "./styles.js";

export function grammar(Rules: new () => TextHighlightRules, first = "start"): Grammar<State> {
  const tokenizer = new Tokenizer(new Rules().getRules());
  // By default, errors are thrown from a timer into the page. The tokens so far can be used anyway.
  tokenizer.reportError = () => {};
  return {
    start: () => first,
    line(text, from) {
      const { tokens, state } = tokenizer.getLineTokens(text, from);
      const spans = spansOf(tokens);
      // Some rules lose characters of a line; then it is not known which style belongs where.
      const isWhole = (spans.at(-1)?.end ?? 0) === text.length;
      return { spans: isWhole ? spans : [{ end: text.length, style: null }], next: state };
    },
  };
}

function spansOf(tokens: readonly { readonly type: string; readonly value: string }[]): Span[] {
  const spans: { end: number; style: string | null }[] = [];
  let end = 0;
  const add = (to: number, style: string | null) => {
    if (to === end) return;
    const last = spans.at(-1);
    if (last?.style === style) last.end = to;
    else spans.push({ end: to, style });
    end = to;
  };
  for (const [index, { type, value }] of tokens.entries()) {
    const called = type === "identifier" && tokens[index + 1]?.value.startsWith("(");
    add(end + value.length, called ? "function" : styleOf(type));
  }
  return spans;
}
