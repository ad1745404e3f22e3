/**
 * Documents that are as nasty as they are short, from a seed; and the shortest one that still fails, from one that does.
 */

import { randomFrom } from "./random.js";

const entries = (list: string): readonly string[] => list.split("¦");

/** What goes in front of lines: it opens, continues or ends containers, or only looks as if it did. */
const PREFIXES = entries(
  "> ¦>¦>  ¦- ¦* ¦+ ¦-   ¦-\t¦1. ¦1) ¦2. ¦12. ¦0.¦- [ ] ¦- [x] ¦  ¦    ¦   ¦\t¦ \t¦      ¦>\t¦> > ¦> - ¦- > ¦- - ¦1. - ¦" +
    "     ¦[^a]: ¦    - ¦\t- ¦-     ¦-\u00a0¦ ¦   > ¦>     ¦-  - ",
);

const BLOCKS = entries(
  "```¦~~~¦````¦```js¦``` a`b¦~~~ x¦~~~~¦# ¦## a ##¦#¦####### a¦---¦***¦___¦- - -¦===¦=¦--¦-¦+¦*¦1.¦$$¦\\[¦\\]¦$$ a $$¦$$x¦" +
    "<div>¦</div>¦<details>¦<summary>a</summary>¦</details>¦<script>¦</script>¦<!-- a¦-->¦<pre>¦</pre>¦<?php¦?>¦<![CDATA[¦" +
    "]]>¦<!X y>¦<table><tr><td>¦</td></tr></table>¦<b>¦<x-y z>¦<p>¦| a | b |¦|--|--|¦|a\\|b|c|¦:-:¦|-|-|¦a|b¦:-|-:¦|-¦" +
    "| `a|b` |¦|a¦[a]: /u¦[a]: <u> 't'¦[b]:¦/v \"t¦u\" x¦[^a]: n¦[^a]:¦    [a]: /u¦[a]: /u 't' x¦[ab¦c]: /w¦[a]:\n/u¦" +
    "```markdown¦```md¦```math¦\\begin{align}¦\\end{align}¦> [!NOTE]¦[!tip]¦<!-- a -->¦| `a|b` | $c|d$ |¦|$a|b$|c|¦$a +\nb$",
);

const INLINES = entries(
  "*¦**¦***¦****¦_¦__¦___¦~¦~~¦~~~¦`¦``¦```¦[¦]¦![¦](¦)¦](u)¦](<u v>)¦](u 't')¦[a]¦[a][]¦[x][a]¦![a]¦[^a]¦[^b]¦[^a¦" +
    '$¦$$¦\\(¦\\)¦\\[¦\\]¦$x$¦$5¦\\$¦a¦b¦ab¦foo¦the¦x1¦1¦.¦,¦!¦:¦;¦"¦\'¦“¦」¦。¦(¦<¦>¦<b>¦</b>¦<br>¦<i¦<a href="¦">¦<kbd>¦' +
    "</kbd>¦<sub>¦</sub>¦<!--¦-->¦<?¦<http://a.b>¦<m@a.b>¦&amp;¦&copy¦&#65;¦&#x41;¦&¦&#0;¦\\¦\\\\¦\\*¦\\`¦\\[¦\\|¦|¦" +
    "https://a.b/c¦http://¦www.a.b¦www.¦m@a.b¦m@a¦mailto:m@a.b¦ftp://a.b¦://¦@¦ ¦  ¦   ¦\t¦\u00a0¦é¦中¦🍄¦👩‍🚀¦\ud83d¦\udc4d¦\0¦" +
    "\u200b¦\ufeff¦A*B¦_a_¦*a*¦**b**¦~~s~~¦`c`¦$n$¦\\alpha¦_{2}¦^2¦#¦+¦=¦-¦{¦}¦%¦/",
);

const ENDS = [
  "\n",
  "\n",
  "\n",
  "\n",
  "\n",
  "\n\n",
  "\n\n",
  "\n\n\n",
  "\r\n",
  "\r\n\r\n",
  "\r",
  "  \n",
  "\\\n",
  " \n",
  "\n \n",
  "\n\t\n",
  "",
];

/** `quotations`: texts from which pieces are taken, such as the examples of a specification. */
export function generate(seed: number, quotations: readonly string[] = []): string {
  const random = randomFrom(seed);
  const number = (below: number) => Math.floor(random() * below);
  const one = <T>(choices: readonly T[]): T => choices[number(choices.length)] as T;
  // Few different words in one document meet more often.
  const inlines = Array.from({ length: 3 + number(12) }, () => one(INLINES));
  const prefixes = Array.from({ length: 1 + number(4) }, () => one(PREFIXES));
  const blocks = Array.from({ length: 1 + number(5) }, () => one(BLOCKS));
  const ends = random() < 0.6 ? ENDS.slice(0, 8) : ENDS;
  const share = { prefix: random(), block: random() * 0.7, quotation: quotations.length > 0 ? random() ** 4 : 0 };

  const inline = () => Array.from({ length: 1 + number(9) }, () => one(inlines)).join(random() < 0.2 ? " " : "");
  const prefix = () => Array.from({ length: 1 + number(3) }, () => one(prefixes)).join("");
  const quotation = () => {
    const text = one(quotations);
    const from = random() < 0.5 ? 0 : number(text.length);
    return text.slice(from, from + 1 + number(60));
  };
  const line = () => {
    const body = random() < share.block ? one(blocks) + (random() < 0.3 ? inline() : "") : inline();
    const front = random() < share.prefix ? prefix() : "";
    return front + (random() < share.quotation ? quotation() : body) + one(ends);
  };
  return Array.from({ length: 1 + number(1 + number(20)) }, line).join("");
}

/** A shorter text that fails too, from which nothing can be left out any more. */
export function shrink(text: string, fails: (text: string) => boolean): string {
  let best = text;
  for (let before = ""; before !== best; ) {
    before = best;
    best = without(best.match(/[^\n]*\n|[^\n]+/g) ?? [], fails);
    best = without([...best], fails);
    best = plainer(best, fails);
  }
  return best;
}

/** Leaves out runs of parts, long ones first. */
function without(parts: readonly string[], fails: (text: string) => boolean): string {
  let left = [...parts];
  for (let run = Math.ceil(left.length / 2); run >= 1; run = Math.floor(run / 2)) {
    for (let at = 0; at < left.length; ) {
      const fewer = [...left.slice(0, at), ...left.slice(at + run)];
      if (fewer.length < left.length && fails(fewer.join(""))) left = fewer;
      else at += run;
    }
  }
  return left.join("");
}

/** A letter instead of whatever need not be special. */
function plainer(text: string, fails: (text: string) => boolean): string {
  let parts = [...text];
  for (let at = 0; at < parts.length; at += 1) {
    if (parts[at] === "a") continue;
    const other = [...parts.slice(0, at), "a", ...parts.slice(at + 1)];
    if (fails(other.join(""))) parts = other;
  }
  return parts.join("");
}
