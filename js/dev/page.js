/**
 * Shows the built bundle in its states, without Jupyter: serve the repository's root, open js/dev/page.html#done
 * (#streaming, #stopped, ... or nothing for all; #grow streams a long answer). `window.cells` has the fake models, to
 * send messages by hand.
 */

import make from "../../src/streamcell/static/streamcell.js";

const RICH = `# Entropy, in short

Entropy measures **how many ways** a thing can be arranged: $S = k \\ln W$. See [the article](https://en.wikipedia.org/wiki/Entropy "Wikipedia")
or <https://example.org>, *not* [this](javascript:alert(1)). Inline \`code\` and ~~mistakes~~ too.[^1]

| Substance | Entropy (J/mol·K) | Remark |
|:----------|------------------:|:------:|
| Diamond   | 2.4               | hard 💎 |
| Water     | 69.9              | liquid |
| Steam     | 188.8             | gas |

\`\`\`python
def entropy(p):
    """Shannon's, in bits."""
    return -sum(x * log2(x) for x in p if x > 0)  # a long line that does not fit, to see how it scrolls within its box ............
\`\`\`

1. First, count.
2. Then take the logarithm.
   - nested
   - [x] done
   - [ ] to do

> A quotation, with *emphasis*.
>
> And a second paragraph.

مرحبا بالعالم: هذا نص من اليمين إلى اليسار مع كلمة English في الوسط.

- قائمة
- ثانية

Math in a line, $\\int_0^1 x^2\\,dx = \\tfrac13$, with bad TeX $\\frac{$, and apart:

$$
H(p) = -\\sum_{i=1}^n p_i \\log_2 p_i
$$

<details>
<summary>More, <b>folded</b></summary>

A list in it:

- with <kbd>Ctrl</kbd>+<kbd>C</kbd>
- and H<sub>2</sub>O

</details>

Emoji 👩‍👩‍👧‍👦 🇨🇭 👍🏽 and raw <b>HTML</b><br>after a break.

<div onclick="alert(1)">inert</div>

![A chart](https://images.example.org/chart.png)

---

[^1]: With a footnote that says **more**.
`;

const ORIGIN = { model: "gpt-x", api: "Responses API", note: "The server has the Responses API.", rehearsal: false };
const USAGE = {
  input_tokens: 12,
  output_tokens: 1234,
  total_tokens: 1246,
  reasoning_tokens: null,
  cached_tokens: null,
};
const card = (over) => ({
  kind: "provider",
  title: "",
  detail: "",
  kept: 0,
  next: [],
  request_id: null,
  status_code: null,
  ...over,
});

const STATES = {
  queued: { status: "queued" },
  connecting: { status: "connecting" },
  thinking: { status: "streaming", reasoning: "**Considering** the question.\n\nIt is about *entropy*." },
  streaming: { status: "streaming", text: RICH.slice(0, 330) },
  done: {
    status: "done",
    text: RICH,
    finish_reason: "stop",
    usage: USAGE,
    timings: { first_token: 0.31, total: 4.25 },
    version: 1,
    versions: 3,
    reasoning: "Short.",
  },
  rehearsal: {
    status: "done",
    text: "A scripted answer.",
    finish_reason: "stop",
    usage: USAGE,
    timings: { first_token: 0.3, total: 2 },
    origin: { model: "rehearsal", api: "Chat Completions", note: "chosen by name", rehearsal: true },
    notice: "Possibly incomplete: the server sent no finish reason.",
    retry_off: "A bare iterator cannot be asked again.",
  },
  stopped: { status: "stopped", text: RICH.slice(0, 200), timings: { first_token: 0.3, total: 2.1 } },
  waiting: {
    status: "waiting",
    retry_at: 7,
    attempt: 2,
    error: card({ kind: "rate_limit", title: "Rate limit reached", detail: "Too many requests", status_code: 429 }),
  },
  interrupted: {
    status: "interrupted",
    text: RICH.slice(0, 120),
    error: card({
      kind: "interrupted",
      title: "The connection ended before the answer did",
      detail: "peer closed connection without sending complete message body (incomplete chunked read)",
      kept: 120,
      next: [{ text: "Press Retry to ask again; what came is kept as a version.", code: null }],
      request_id: "req_8f3a12c4",
    }),
  },
  failed: {
    status: "failed",
    origin: { model: "", api: "", note: "", rehearsal: false },
    error: card({
      kind: "no_key",
      title: "No API key",
      detail:
        "The api_key client option must be set either by passing api_key to the client or by setting the OPENAI_API_KEY environment variable",
      next: [
        { text: "Use your OpenAI key:", code: "%env OPENAI_API_KEY=sk-..." },
        {
          text: "Or any OpenAI-compatible server, a local one for example:",
          code: 'stream_cell("…", client=AsyncOpenAI(base_url="http://127.0.0.1:11434/v1", api_key="unused"), model="llama3")',
        },
        { text: "Or rehearse without a key:", code: 'stream_cell("…", model="rehearsal")' },
      ],
    }),
  },
  grow: { status: "streaming" },
  refused: { status: "done", refusal: "I can't help with that.", finish_reason: "stop" },
};

/** A call of a tool, as the kernel sends it. */
const call = (body, fields, open = false) => ({ kind: "tool_call", text: false, open, body, fields });
const words = (body) => ({ kind: "text", text: true, open: false, body });
const WEATHER = '{"city":"Zürich","days":3}';
const PICTURE = document.createElement("canvas");
PICTURE.getContext("2d").fillRect(20, 20, 120, 60);
const TABLE =
  "<table><thead><tr><th></th><th>city</th><th>°C</th></tr></thead><tbody>" +
  ["Zürich", "Bern", "Basel"].map((city, at) => `<tr><th>${at}</th><td>${city}</td><td>${12 + at}</td></tr>`).join("") +
  "</tbody></table>";
const CODE = JSON.stringify({
  code: "import pandas as pd\n\ndef load(path):\n\treturn pd.read_csv(path)  # \"quoted\"\n\nload('weather.csv').describe()",
  timeout: 30,
});

Object.assign(STATES, {
  preparing: {
    status: "streaming",
    parts: [words("Let me look that up."), call(CODE.slice(0, 60), { name: "run_python" }, true)],
  },
  asked: {
    status: "calling",
    parts: [
      words("Let me look that up."),
      call(WEATHER, { name: "get_weather", state: "asked" }),
      call(CODE, { name: "run_python", state: "asked" }),
    ],
  },
  running: {
    status: "calling",
    parts: [call(WEATHER, { name: "get_weather", state: "running", edited: '{"city":"Bern"}' })],
  },
  settled: {
    status: "done",
    parts: [
      words("Three calls."),
      call(WEATHER, {
        name: "get_weather",
        state: "done",
        seconds: 1.24,
        result: '{"city":"Zürich","temperature":12}',
      }),
      call("{}", { name: "table", state: "done", seconds: 0.1, result: "3 rows", shown: ["text/html", TABLE] }),
      call("{}", {
        name: "plot",
        state: "done",
        result: "a plot",
        shown: ["image/png", PICTURE.toDataURL().split(",")[1]],
      }),
      call("{}", {
        name: "report",
        state: "done",
        result: "text",
        shown: ["text/markdown", "A **report**, with `code`:\n\n- one\n- two"],
      }),
      call(WEATHER, { name: "get_weather", state: "failed", result: "ValueError: no such city" }),
      call(WEATHER, { name: "get_weather", state: "denied", result: "The user denied this call." }),
      call(WEATHER, {
        name: "get_weather",
        state: "stopped",
        result: "The user stopped this call before it returned.",
      }),
      call("SELECT *\n  FROM weather", { name: "sql", custom: true, state: "done", result: "row\n".repeat(40) }),
      call(JSON.stringify({ text: "a long text. ".repeat(4000) }), { name: "get_weather" }),
      words("It is 12 °C."),
    ],
  },
});

const EMPTY = {
  parts: [],
  status: "queued",
  attempt: 1,
  finish_reason: null,
  usage: null,
  error: null,
  origin: ORIGIN,
  notice: null,
  retry_at: null,
  timings: { first_token: null, total: null },
  version: 0,
  versions: 1,
  retry_disabled_reason: null,
};

function fakeModel(document) {
  const listeners = new Set();
  return {
    sent: [],
    get: () => undefined,
    on(name, callback) {
      if (name === "msg:custom") listeners.add(callback);
    },
    off(_, callback) {
      listeners.delete(callback);
    },
    send(message) {
      this.sent.push(message);
      if (message.type === "hello") this.receive({ type: "snapshot", wire: 2, epoch: 1, seq: 0, document });
    },
    receive(message) {
      for (const listener of listeners) listener(message);
    },
  };
}

/** A kernel that holds the addons: the server's files. */
const shared = {
  listeners: new Set(),
  on(_, callback) {
    this.listeners.add(callback);
  },
  off(_, callback) {
    this.listeners.delete(callback);
  },
  async send({ name }) {
    const response = await fetch(`../../src/streamcell/static/addons/${name}.js`);
    const esm = response.ok ? await response.text() : null;
    for (const listener of this.listeners) listener({ type: "addon", name, esm });
  },
};

const LONG = [
  RICH,
  `A long paragraph. ${"It goes on and on, with *emphasis*, `code` and [links](https://example.org) in it. ".repeat(80)}`,
  `\`\`\`python\n${'def f(x):\n    """Doc."""\n    return x + 1  # one more\n\n'.repeat(40)}\`\`\``,
  Array.from({ length: 200 }, (_, index) => `${index + 1}. item ${index + 1}`).join("\n"),
  `| n | square | words |\n|--:|--:|---|\n${Array.from({ length: 100 }, (_, n) => `| ${n} | ${n * n} | some words |`).join("\n")}`,
  RICH.slice(0, RICH.indexOf("\n---")),
].join("\n\n");

/** Sends the long answer in steps, as a kernel does. */
async function grow(model) {
  for (let at = 0, seq = 1; at < LONG.length; at += 40, seq += 1) {
    model.receive({ type: "patch", epoch: 1, seq, ops: [["grow", 0, LONG.slice(at, at + 40)]] });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** A document whose parts are these bodies. */
function withParts({ text, reasoning, refusal, ...fields }) {
  if (fields.parts) return { ...EMPTY, ...fields };
  const bodies = { reasoning, text, refusal };
  const parts = Object.entries(bodies).flatMap(([kind, body]) =>
    body === undefined ? [] : [{ kind, text: kind === "text", open: true, body }],
  );
  return { ...EMPTY, parts, ...fields };
}

window.cells = {};
window.RICH = RICH;
window.LONG = LONG;
const wanted = location.hash.slice(1).split(",").filter(Boolean);
for (const [name, over] of Object.entries(STATES)) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  const section = document.createElement("section");
  const title = document.createElement("h6");
  title.textContent = name;
  section.append(title);
  document.body.append(section);
  const model = fakeModel(withParts(over));
  const definition = make();
  definition.initialize({ model, shared });
  definition.render({ model, el: section });
  window.cells[name] = model;
  if (name === "grow") grow(model);
}
