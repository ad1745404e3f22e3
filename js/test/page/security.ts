/** Streams payloads at the page, cut everywhere, and notes whatever happens that should not. */

import { findForbidden } from "./allowed.js";
import { Answer } from "./answer.js";
import { PAYLOADS } from "./payloads/index.js";

/** What happened behind the page's back. */
const happened: string[] = [];

/** Everything that a script would do first. */
function watch(): void {
  const note = (what: string) => (): undefined => {
    happened.push(what);
  };
  for (const name of ["alert", "confirm", "prompt", "print", "open", "fetch"] as const) {
    Object.defineProperty(window, name, { value: note(name), writable: true });
  }
  document.write = note("document.write");
  document.writeln = note("document.writeln");
  navigator.sendBeacon = () => Boolean(happened.push("sendBeacon"));
  history.pushState = note("pushState");
  history.replaceState = note("replaceState");
  XMLHttpRequest.prototype.open = note("XMLHttpRequest");
  HTMLFormElement.prototype.submit = note("submit");
  addEventListener("error", (event) => happened.push(`error: ${event.message}`), true);
  addEventListener("securitypolicyviolation", (event) => {
    happened.push(`against the policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`);
  });
}

/** Whether the page's own names still mean what they did. */
function findClobbered(): string[] {
  const whole =
    document.body instanceof HTMLBodyElement &&
    typeof document.getElementById === "function" &&
    typeof document.createElement === "function" &&
    typeof document.cookie === "string" &&
    window.location === document.location &&
    Object.getPrototypeOf({}) === Object.prototype;
  return whole ? [] : ["a name of the page was taken"];
}

/** How many answers were drawn. */
let drawn = 0;

/** The payload in pieces; after each, and at the end, the page is looked at. */
function show(pieces: readonly string[], wrong: Set<string>): Answer {
  const answer = new Answer();
  drawn += 1;
  const look = () => {
    for (const each of findForbidden(answer.root, answer.prefix)) wrong.add(each);
  };
  for (const piece of pieces) {
    answer.push(piece);
    look();
  }
  answer.end();
  look();
  return answer;
}

const turn = (): Promise<void> =>
  new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => resolve();
    port2.postMessage(null);
  });

export interface Report {
  readonly payload: string;
  readonly wrong: readonly string[];
}

interface Outcome {
  readonly count: number;
  readonly drawn: number;
  readonly reports: readonly Report[];
}

/** Where else it may stand. */
const WITHIN: readonly ((payload: string) => string)[] = [
  (payload) => payload.replace(/^/gm, "> "),
  (payload) => `- ${payload.replaceAll("\n", "\n  ")}`,
  (payload) => `- [ ] a\n\n  ${payload.replaceAll("\n", "\n  ")}`,
  (payload) => `| a | b |\n|---|---|\n| ${payload.replaceAll("\n", " ")} | c |`,
  (payload) => `<details>\n<summary>a</summary>\n\n${payload}\n\n</details>`,
  (payload) => `[${payload}](https://example.com)`,
  (payload) => `**a ${payload}**`,
  (payload) => `# ${payload}`,
  (payload) => `a[^1]\n\n[^1]: ${payload.replaceAll("\n", "\n    ")}`,
  (payload) => `a\n${payload}`,
];

/** Which cuts in two are tried: one of `every`, the first at `from`. */
interface Cuts {
  readonly every: number;
  readonly from: number;
}

async function attack(payload: string, { every, from }: Cuts): Promise<Report | null> {
  const wrong = new Set<string>();
  let answers: Answer[] = [show([...payload], wrong), show(payload.split(""), wrong)];
  const settle = async (): Promise<void> => {
    await turn();
    for (const each of findClobbered()) wrong.add(each);
    for (const answer of answers) answer.remove();
    answers = [];
  };
  for (const within of WITHIN) answers.push(show(within(payload).split(""), wrong));
  for (let cut = 1 + from; cut < payload.length; cut += every) {
    answers.push(show([payload.slice(0, cut), payload.slice(cut)], wrong));
    // What would load or run by itself gets its turn while it is in the page.
    if (answers.length < 50) continue;
    await settle();
  }
  await settle();
  for (const each of happened.splice(0)) wrong.add(each);
  return wrong.size > 0 ? { payload, wrong: [...wrong] } : null;
}

/** One part of the payloads, of so many; several pages share them. */
export async function attackAll(part: number, parts: number, cuts: Cuts): Promise<Outcome> {
  watch();
  const payloads = PAYLOADS.filter((_, index) => index % parts === part);
  const reports: Report[] = [];
  for (const payload of payloads) {
    const report = await attack(payload, cuts);
    if (report) reports.push(report);
  }
  return { count: payloads.length, drawn, reports };
}

/** The same, with a page that trusts what it is told, to see that this test would notice. */
export async function attackControl(payloads: readonly string[]): Promise<Report[]> {
  watch();
  const reports: Report[] = [];
  for (const payload of payloads) {
    const root = document.createElement("div");
    document.body.append(root);
    root.innerHTML = payload;
    const wrong = new Set(findForbidden(root, "sc-control"));
    // An image that cannot be loaded says so later.
    await new Promise((resolve) => setTimeout(resolve, 50));
    for (const each of [...findClobbered(), ...happened.splice(0)]) wrong.add(each);
    root.remove();
    if (wrong.size > 0) reports.push({ payload, wrong: [...wrong] });
  }
  return reports;
}
