/** Composes an answer from sentences, lists, code and tables that were written by hand, in the order and form of a seed. */

import { Author } from "./author.js";
import { HABITS } from "./habits.js";
import topics from "./topics.json";

type Topic = (typeof topics)[number];

type Piece = (author: Author, topic: Topic) => string;

const OPENINGS = [
  "Great question!",
  "Sure! Here's an overview.",
  "Absolutely. Let's take it **step by step**.",
  "Short answer: *it depends*. Long answer below.",
  "I'd be happy to help with that. 😊",
  "Of course! Below you'll find what matters most, then an example.",
  "Let me think about this for a moment… Here's how I'd put it:",
  "Good that you ask, since many people get this wrong.",
  "Certainly! I'll assume that you know the basics.",
  "Here you go:",
];

const CLOSINGS = [
  "Let me know if you'd like to see more!",
  "Does this help? I can go into **any** of these points.",
  "Would you like an example with your own data?",
  "In short: start small, measure, and then decide.",
  "---\n\n*Last checked in 2024; please verify before you rely on it.*",
  "Hope that helps! 🚀",
  "> **TL;DR**: read the table, skip the rest.",
  "If something is unclear, tell me *which* step, and I'll explain it in other words.",
  "",
];

const LINKING = [
  "On top of that, ",
  "That said, ",
  "Note that this is *not* always so. ",
  "In practice: ",
  "Why does it matter? ",
  "For example, ",
  "And one more thing. ",
  "Strictly speaking, ",
  "",
  "",
  "",
];

const facts: Piece = (author, topic) => {
  const sentences = author.some(topic.facts, author.number(2, 4));
  const joint = author.chance(0.15) ? "  \n" : author.chance(0.25) ? "\n" : " ";
  return author.one(LINKING) + sentences.map((each) => author.own(each)).join(joint);
};

const bullets: Piece = (author, topic) => {
  const items = author.some(topic.facts, author.number(3, 6)).map((each) => author.own(each));
  if (author.chance(0.4)) items[0] += `\n${author.list(author.some(topic.steps, 2), false)}`;
  if (author.chance(0.2)) items[1] += `\n\n${author.one(topic.facts)}`;
  return author.list(items, false);
};

const steps: Piece = (author, topic) => {
  const [language = "", code = ""] = topic.code;
  const items = [...topic.steps];
  const at = author.number(0, items.length - 1);
  if (author.chance(0.3)) items[at] += `\n\n${author.code(language, code)}`;
  else if (author.chance(0.4)) items[at] += `\n${author.list(author.some(topic.facts, 2), author.chance(0.3))}`;
  return author.list(items, true, author.one([1, 1, 1, 1, 0, 3]));
};

const tasks: Piece = (author, topic) =>
  topic.steps.map((each) => `${author.bullet} [${author.chance(0.4) ? "x" : " "}] ${each}`).join("\n");

const terms: Piece = (author, topic) => {
  const entries = topic.terms as [string, string][];
  const form = author.one([
    ([name, meaning]: [string, string]) => `${author.bold(name)}: ${meaning}`,
    ([name, meaning]: [string, string]) => `**${name}:** ${meaning}`,
    ([name, meaning]: [string, string]) => `\`${name}\` – ${meaning}`,
    ([name, meaning]: [string, string]) => `***${name}***\\\n${meaning}`,
  ]);
  return author.list(entries.map(form), false);
};

const glossary: Piece = (author, topic) => author.table([["Term", "Meaning"], ...topic.terms]);

const example: Piece = (author, topic) => {
  const [language = "", code = ""] = topic.code;
  const before = author.one(["For example:", "Here's a small example:", "Try this:", "In code:"]);
  const after = author.one(["", "", "\n\nRun it, and change a number or two.", "\n\nThat's all there is to it."]);
  return `${before}\n\n${author.code(language, code)}${after}`;
};

const indented: Piece = (_, topic) => `As plain text:\n\n    ${(topic.code[1] ?? "").replaceAll("\n", "\n    ")}`;

const table: Piece = (author, topic) => {
  const before = author.one(["", "Side by side:\n\n", "Here's a comparison.\n\n", `${author.bold("Overview")}\n`]);
  return before + author.table(topic.table);
};

const formula: Piece = (author, topic) => {
  const tex = topic.formula;
  return author.one([
    `In one formula:\n\n$$\n${tex}\n$$`,
    `In one formula: $${tex}$.`,
    `\\[\n${tex}\n\\]\n\nwhich is \\(${tex}\\) again.`,
    `$$${tex}$$`,
  ]);
};

const quotation: Piece = (author, topic) => {
  const [first, second = "", third = ""] = author.some(topic.facts, 3);
  const inner = author.chance(0.3) ? author.list([second, third], false) : `${second}\n${third}`;
  const quoted = `${author.one(["", "**Note**\n", "[!TIP]\n"])}${first}\n\n${inner}`.replace(/^/gm, "> ");
  return author.chance(0.5) ? quoted.replace(/ +$/gm, "") : quoted;
};

const reference: Piece = (author, topic) => {
  const [text = "", url = ""] = topic.link;
  const target = url.split(" ")[0] ?? "";
  const label = `${topic.title.toLowerCase()} ${author.number(1, 9)}`;
  return author.one([
    `More in [${text}](${url}).`,
    `See [${text}][${label}] or [${label}].\n\n[${label}]: ${url}`,
    `[${label}]: <${target}>\n\n${author.one(topic.facts)} See [${text}][${label}].`,
    `Read on: ${target}`,
    `Read on at <${target}>, it's *worth* it.`,
    `${author.one(topic.facts)}[^${author.number(1, 3)}]`,
  ]);
};

const details: Piece = (author, topic) =>
  `<details>\n<summary>${author.one(["Details", "Show the example", "<b>More</b>"])}</summary>\n\n` +
  `${author.one([example, bullets, table])(author, topic)}\n\n</details>`;

const PIECES: readonly Piece[] = [
  facts,
  facts,
  facts,
  bullets,
  bullets,
  steps,
  terms,
  glossary,
  example,
  example,
  table,
  table,
  formula,
  quotation,
  reference,
  tasks,
  indented,
  details,
];

function section(author: Author, topic: Topic, depth: number): string {
  const pieces = author.some(PIECES, author.number(2, 4)).map((piece) => piece(author, topic));
  const title = author.one([
    topic.title,
    `${topic.title}, in practice`,
    `${author.number(1, 4)}. ${topic.title}`,
    "Why?",
  ]);
  return [author.heading(depth, title), ...pieces].join("\n\n");
}

export function compose(seed: number): string {
  const author = new Author(seed);
  const chosen = author.some(topics, author.one([1, 1, 1, 2, 2, 3]));
  const parts: string[] = [];
  if (author.chance(0.6)) parts.push(author.one(OPENINGS));
  const depth = author.one([1, 2, 2, 3]);
  for (const topic of chosen) {
    if (author.chance(0.75)) parts.push(section(author, topic, depth));
    else parts.push(...author.some(PIECES, 3).map((piece) => piece(author, topic)));
  }
  if (author.chance(0.5)) parts.splice(author.number(1, parts.length), 0, author.one(HABITS));
  const closing = author.one(CLOSINGS);
  if (closing) parts.push(closing);
  while (parts.join("\n\n").length < 400) parts.push(facts(author, author.one(chosen)));
  const text = parts.join("\n\n");
  const notes = [...new Set(text.match(/\[\^\d\](?!:)/g) ?? [])];
  const answer = [text, ...notes.map((note) => `${note}: ${author.one(chosen).facts[0]}`)].join("\n\n");
  // Some streams are cut, by a limit of tokens for one.
  const whole = author.chance(0.12) ? answer.slice(0, Math.max(400, Math.floor(answer.length * 0.8))) : answer;
  return whole.slice(0, 6000);
}
