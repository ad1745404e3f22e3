/**
 * The page's state of one answer: a pure reducer, `(state, input) → { state, effects }`.
 *
 * A patch is applied only to exactly the document that it was made for. If messages are lost, duplicated or late, the
 * worst that happens is that a snapshot is requested.
 */

import {
  type Command,
  type Doc,
  type FromKernel,
  type FromPage,
  hello,
  type Kept,
  type Numbers,
  type Op,
  type Part,
  type Patch,
  type Place,
  type Snapshot,
  textOf,
} from "./protocol.js";

/** A command that was sent and has not taken effect yet. */
export interface Pending {
  readonly command: Command;
  /** Whether the kernel has not reacted in time: it is busy, or gone. */
  readonly late: boolean;
}

export interface State {
  readonly doc: Doc;
  readonly place: Place;
  /** Whether `doc` is the document at `place`; if not, patches are ignored until a snapshot comes. */
  readonly synced: boolean;
  /** How often another text has replaced the one that was shown; a growing text counts as the same one. */
  readonly texts: number;
  readonly pending: Pending | null;
  /** Set if there is no kernel behind the document: the kernel has ended, or the document was saved in the notebook. */
  readonly gone: "kernel" | "saved" | null;
  /** How often the page has asked since the last message from the kernel. */
  readonly asked: number;
  /** Set if the kernel uses another protocol version; then only its text is shown. */
  readonly foreign: { readonly wire: number; readonly text: string } | null;
  /** What the notebook saves besides the document, from the kernel's last message about it. */
  readonly kept: Kept | null;
  /** The numbers of a version, from the kernel's last message about them. */
  readonly numbers: Numbers | null;
  /** Texts of other versions that the kernel was asked for, by the version's index. */
  readonly read: ReadonlyMap<number, string>;
  /** Whether another version can be shown without the kernel. */
  readonly selectable: boolean;
}

export type Input =
  | { readonly kind: "message"; readonly message: FromKernel }
  /** The synced traits, which the front end has fetched again: after a reconnect the messages in between are lost. */
  | { readonly kind: "traits"; readonly doc: Doc; readonly place: Place }
  | { readonly kind: "command"; readonly command: Command }
  /** The pending command has not taken effect for some time. */
  | { readonly kind: "late" }
  /** The kernel has ended, or was restarted. */
  | { readonly kind: "gone" }
  /** An awaited message has not come for some time: a snapshot, or any message of the kernel. */
  | { readonly kind: "silence" };

export type Effect = { readonly kind: "send"; readonly message: FromPage };

export interface Step {
  readonly state: State;
  readonly effects: readonly Effect[];
}

export const isTerminal = ({ status }: { readonly status: unknown }): boolean =>
  status === "done" || status === "stopped" || status === "failed" || status === "interrupted";

/** Whether the attempt waits only for time to pass, so that it can be made now. */
export const canHurry = ({ status, wait }: Doc): boolean =>
  status === "waiting" || (status === "queued" && wait !== null && wait.reason !== "running");

/** Whether nothing more will come, unless the user asks for it. */
export const isOver = ({ doc, gone }: State): boolean => gone !== null || isTerminal(doc);

/** The answer as Markdown for the notebook; null if the kernel has not sent it, or the answer has changed since. */
export function markdownOf({ doc, place, kept }: State): string | null {
  const text = textOf(doc);
  if (kept === null || kept.epoch !== place.epoch || kept.length !== text.length || !isTerminal(doc)) return null;
  // Image data that the page has is not sent again: between two marks is the index of the image part.
  const pieces = (kept.markdown ?? text).split("\u0001");
  return pieces.map((piece, at) => (at % 2 === 0 ? piece : dataOf(doc.parts[Number(piece)]))).join("");
}

const dataOf = (part: Part | undefined): string => `data:${part?.fields.mime};base64,${part?.fields.data}`;

/** The versions that the notebook saves besides the shown one; null if the kernel has not sent them. */
export const othersOf = ({ doc, place, kept }: State): readonly unknown[] | null =>
  kept !== null && kept.epoch === place.epoch && kept.others.length === doc.versions - 1 ? kept.others : null;

/** The initial values of a state, before any message. */
const FRESH = {
  texts: 0,
  pending: null,
  gone: null,
  asked: 0,
  foreign: null,
  kept: null,
  numbers: null,
  read: new Map<number, string>(),
  selectable: false,
};

/** The state of a saved answer; `selectable`: its other versions were saved too. */
export const saved = (doc: Doc, selectable = false): State => ({
  ...FRESH,
  doc,
  place: { epoch: 0, seq: 0 },
  synced: true,
  texts: doc.version, // each version is another text
  gone: "saved",
  selectable,
});

/** Whether a message from the kernel is expected. */
export const isAwaiting = ({ doc, pending, synced, gone, foreign }: State): boolean =>
  gone === null && foreign === null && (!synced || !isTerminal(doc) || pending !== null);

/** Whether more than two requests in a row have got no reply. */
export const isUnheard = (state: State): boolean => state.asked > 2;

/**
 * The first state: the content of the traits, with the `early` messages applied, which came before the page was ready.
 * `place` is that of the traits, or null if they have none.
 */
export function start(doc: Doc, place: Place | null, early: readonly FromKernel[] = []): Step {
  const painted: State = {
    ...FRESH,
    doc,
    place: place ?? { epoch: 0, seq: 0 },
    synced: place !== null,
  };
  const state = early.reduce((before, message) => receive(before, message).state, painted);
  return { state, effects: [ask(state.synced ? state.place : null)] };
}

export function reduce(state: State, input: Input): Step {
  switch (input.kind) {
    case "message":
      return receive(heard(state), input.message);
    case "traits":
      return traits(heard(state), input.doc, input.place);
    case "command":
      return command(state, input.command);
    case "late":
      return quiet(state.pending ? { ...state, pending: { ...state.pending, late: true } } : state);
    case "gone":
      return quiet({ ...state, synced: true, pending: null, gone: "kernel" });
    case "silence":
      return { state: { ...state, asked: state.asked + 1 }, effects: [ask(state.synced ? state.place : null)] };
  }
}

const heard = (state: State): State => (state.asked === 0 ? state : { ...state, asked: 0 });

const quiet = (state: State): Step => ({ state, effects: [] });

const ask = (place: Place | null): Effect => ({ kind: "send", message: hello(place) });

function receive(state: State, message: FromKernel): Step {
  switch (message.type) {
    case "snapshot":
      return snapshot(state, message);
    case "patch":
      return patch(state, message);
    case "here":
      return expect(state, message);
    case "wanted":
      return quiet(state);
    case "kept":
      return quiet({ ...state, kept: message });
    case "numbers":
      return quiet({ ...state, numbers: message });
    case "read":
      return quiet({ ...state, read: new Map([...state.read, [message.version, message.text]]) });
    case "foreign":
      return quiet({ ...state, pending: null, foreign: { wire: message.wire, text: message.text } });
  }
}

const isBefore = (a: Place, b: Place): boolean => a.epoch < b.epoch || (a.epoch === b.epoch && a.seq < b.seq);

function snapshot(state: State, message: Snapshot): Step {
  if (state.synced && isBefore(message, state.place)) return quiet(state);
  return quiet(arrive(state, message.document, message, hasGrown(state.doc, message.document)));
}

function patch(state: State, message: Patch): Step {
  const { epoch, seq } = state.place;
  if (isInStep(state) && message.epoch === epoch && message.seq === seq + 1) {
    const doc = message.ops.reduce<Doc | null>((before, op) => before && applyOp(before, op), state.doc);
    // Patches only grow texts of the same version, so the texts need not be compared each time.
    if (doc) return quiet(arrive(state, doc, message, doc.version === state.doc.version));
    return { state: { ...state, synced: false }, effects: [ask(null)] };
  }
  // A duplicated or late patch is already in the document, so nothing is missing.
  return expect(state, message);
}

/** Request a snapshot if the page is not at `place` or later, because then it has missed something. */
function expect(state: State, place: Place): Step {
  // Not in step: a snapshot was requested already, and the connection repeats the request.
  if (!isInStep(state) || !isBefore(state.place, place)) return quiet(state);
  return { state: { ...state, synced: false }, effects: [ask(null)] };
}

const isInStep = (state: State): boolean => state.synced && state.foreign === null;

/** The document after `op`; null if it refers to a part that does not exist. */
function applyOp(doc: Doc, op: Op): Doc | null {
  if (op[0] === "set") return { ...doc, [op[1]]: op[2] };
  const [, at] = op;
  const { parts } = doc;
  if (op[0] === "part") return at === parts.length ? { ...doc, parts: [...parts, op[2]] } : null;
  const part = parts[at];
  return part ? { ...doc, parts: parts.map((one) => (one === part ? changed(part, op) : one)) } : null;
}

type Change = Exclude<Op, readonly ["set" | "part", ...unknown[]]>;

function changed(part: Part, op: Change): Part {
  if (op[0] === "grow") return { ...part, body: part.body + op[2] };
  if (op[0] === "end") return { ...part, open: false };
  const fields = Object.entries({ ...part.fields, ...op[2] }).filter(([, value]) => value !== null);
  return { ...part, fields: Object.fromEntries(fields) };
}

function traits(state: State, doc: Doc, place: Place): Step {
  if (!isBefore(state.place, place)) return quiet(state);
  return { state: arrive(state, doc, place, hasGrown(state.doc, doc)), effects: [ask(place)] };
}

/** Whether `doc` has the content of `before`, and perhaps more. */
const hasGrown = (before: Doc, doc: Doc): boolean =>
  before.version === doc.version &&
  before.parts.every(({ kind, body }, at) => doc.parts[at]?.kind === kind && doc.parts[at].body.startsWith(body));

/**
 * The state with the document at `place`; the pending command is removed once it has taken effect. `grown`: the
 * document has the content of the one before, and perhaps more.
 */
function arrive(state: State, doc: Doc, { epoch, seq }: Place, grown: boolean): State {
  const opened = epoch !== state.place.epoch && state.place.epoch > 0;
  const taken = state.pending !== null && (opened || hasEffect(doc, state.pending.command));
  return {
    ...state,
    doc,
    place: { epoch, seq },
    synced: true,
    texts: grown ? state.texts : state.texts + 1,
    pending: taken ? null : state.pending,
    read: opened ? FRESH.read : state.read, // a version may have been resumed
    gone: null,
    foreign: null,
  };
}

function hasEffect(doc: Doc, wanted: Command): boolean {
  switch (wanted.type) {
    case "stop":
      return isTerminal(doc);
    case "retry":
    case "resume":
      return !isTerminal(doc) && !canHurry(doc);
    case "select":
      return doc.version === wanted.version;
    default:
      return false;
  }
}

/** Send `wanted`, unless it is not possible now. */
function command(state: State, wanted: Command): Step {
  const { pending, doc } = state;
  const repeated = pending !== null && !pending.late && pending.command.type === wanted.type;
  if (repeated || state.gone !== null || !isPossible(doc, wanted)) return quiet(state);
  // The part or the replay itself shows the effect, so the command does not become pending.
  if (["act", "pace", "step", "measure", "fetch"].includes(wanted.type))
    return { state, effects: [{ kind: "send", message: wanted }] };
  return {
    state: { ...state, pending: { command: wanted, late: false } },
    effects: [{ kind: "send", message: wanted }],
  };
}

function isPossible(doc: Doc, wanted: Command): boolean {
  switch (wanted.type) {
    case "stop":
      return !isTerminal(doc);
    case "retry":
      return (isTerminal(doc) || canHurry(doc)) && doc.retry_disabled_reason === null;
    case "resume":
      return isTerminal(doc) && doc.resumable !== null;
    case "select":
      return isTerminal(doc) && wanted.version !== doc.version && wanted.version >= 0 && wanted.version < doc.versions;
    case "act":
      return wanted.part < doc.parts.length;
    case "pace":
      return doc.replay !== null;
    case "step":
      return doc.replay !== null && !isTerminal(doc);
    case "fetch":
      return wanted.version < doc.versions;
    case "measure":
    case "forget":
      return true;
  }
}
