/** Reads JSON while it streams: tokens, checked against JSON's grammar, each character read once. */

import Tokenizer from "@streamparser/json/tokenizer.js";
import TokenParser from "@streamparser/json/tokenparser.js";
import TokenType from "@streamparser/json/utils/types/tokenType.js";

/** A token of JSON. The text of a string is decoded; only a string can be partial: it is then told again, with more. */
export interface JsonToken {
  readonly kind: "{" | "}" | "[" | "]" | "string" | "number" | "boolean" | "null";
  readonly text: string;
  readonly partial: boolean;
}

/** A number as it is written: a JavaScript number has no place for each digit of a long one. */
class Verbatim extends Tokenizer {
  protected override parseNumber(written: string): number {
    return written as unknown as number;
  }
}

const KINDS: Readonly<Partial<Record<TokenType, JsonToken["kind"]>>> = {
  [TokenType.LEFT_BRACE]: "{",
  [TokenType.RIGHT_BRACE]: "}",
  [TokenType.LEFT_BRACKET]: "[",
  [TokenType.RIGHT_BRACKET]: "]",
  [TokenType.STRING]: "string",
  [TokenType.NUMBER]: "number",
  [TokenType.TRUE]: "boolean",
  [TokenType.FALSE]: "boolean",
  [TokenType.NULL]: "null",
};

/** Return a function that takes more text, tells the tokens to `take`, and throws where the text is no JSON. */
export function reader(take: (token: JsonToken) => void): (text: string) => void {
  const tokenizer = new Verbatim({ emitPartialTokens: true });
  const grammar = new TokenParser({ paths: ["$"], keepStack: false });
  grammar.onValue = () => {};
  tokenizer.onToken = ({ token, value, partial }) => {
    if (!partial) grammar.write({ token, value });
    const kind = KINDS[token];
    // Of a value that is not complete only a text is told: another digit would make another number.
    if (kind !== undefined && (!partial || kind === "string"))
      take({ kind, text: String(value), partial: partial === true });
  };
  return (text) => {
    // White space may follow the end, but there the parser has ended.
    if (!tokenizer.isEnded) tokenizer.write(text);
    else if (text.trim() !== "") throw new SyntaxError("text after the end");
  };
}
