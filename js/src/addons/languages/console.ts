/** A shell session: commands after prompts, and plain output. */

import type { State } from "ace-code/src/tokenizer";
import type { Grammar } from "../../render/addons.js";
import { grammar as shell } from "./bash.js";

const PROMPT = /^(?:\([\w.-]+\) )?(?:\[?[\w.-]+@[\w.-]+[^$#%]*)?[$#%❯»] /;

/** The shell's state if a command continues on the next line, else null. */
export const grammar: Grammar<State | null> = {
  start: () => null,
  line(text, from) {
    const prompt = from === null ? (PROMPT.exec(text)?.[0].length ?? 0) : 0;
    if (from === null && prompt === 0)
      return { spans: text === "" ? [] : [{ end: text.length, style: null }], next: null };
    const { spans, next } = shell.line(text.slice(prompt), from ?? shell.start());
    const shifted = spans.map(({ end, style }) => ({ end: end + prompt, style }));
    if (prompt > 0) shifted.unshift({ end: prompt, style: "punctuation" });
    return { spans: shifted, next: text.endsWith("\\") ? next : null };
  },
};
