/**
 * The addon that draws diagrams: Mermaid at its strict security level, in a separate frame that has no origin and loads
 * nothing, so that neither a model's text nor a fault in Mermaid can affect the notebook. The result is shown as an
 * image, in which no code runs either.
 */

import script from "script:mermaid";
import type { Diagram, DiagramRenderer } from "../render/addons.js";

/** The most characters of a diagram, and the most connections in it; beyond, its layout takes too long. */
const LONGEST = 20_000;
const MOST_EDGES = 300;

/** Milliseconds until the frame is given up, with all its requests. */
const PATIENCE = 15_000;

const POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** Settings that a diagram's own text must not change. */
const SECURE =
  "secure securityLevel startOnLoad maxTextSize maxEdges suppressErrorRendering htmlLabels themeCSS themeVariables fontFamily altFontFamily dompurifyConfig";

const LISTENER = `
addEventListener("message", async ({ data: { id, source, dark } }) => {
  try {
    mermaid.initialize({
      startOnLoad: false, securityLevel: "strict", suppressErrorRendering: true, deterministicIds: true,
      htmlLabels: false, flowchart: { htmlLabels: false }, class: { htmlLabels: false },
      fontFamily: "system-ui, sans-serif", theme: dark ? "dark" : "default",
      maxTextSize: ${LONGEST}, maxEdges: ${MOST_EDGES}, secure: ${JSON.stringify(SECURE.split(" "))},
    });
    const { svg } = await mermaid.render("diagram", source);
    parent.postMessage({ id, svg }, "*");
  } catch (error) {
    parent.postMessage({ id, error: String(error?.message ?? error) }, "*");
  }
});
parent.postMessage({ ready: true }, "*");
`;

const inScript = (text: string): string => text.replaceAll(/<(?=\/script|!--)/gi, "\\x3c");

interface Request {
  readonly message: { readonly id: number; readonly source: string; readonly dark: boolean };
  resolve(diagram: Diagram): void;
  reject(reason: Error): void;
}

class Frame {
  readonly #element = document.createElement("iframe");
  readonly #requests = new Map<number, Request>();
  #isReady = false;
  readonly #onMessage = (event: MessageEvent) => this.#take(event);

  constructor() {
    const frame = this.#element;
    frame.setAttribute("sandbox", "allow-scripts");
    frame.setAttribute("aria-hidden", "true");
    frame.setAttribute("tabindex", "-1");
    // It must be laid out, because Mermaid measures text in it.
    frame.style.cssText =
      "position:fixed;inset:0 auto auto 0;width:1200px;height:900px;border:0;visibility:hidden;pointer-events:none;z-index:-1";
    frame.srcdoc = `<!doctype html><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${POLICY}"><body><script>${inScript(script)}</script><script>${inScript(LISTENER)}</script>`;
    addEventListener("message", this.#onMessage);
    document.body.append(frame);
  }

  ask(request: Request): void {
    this.#requests.set(request.message.id, request);
    if (this.#isReady) this.#send(request);
  }

  #send({ message }: Request): void {
    this.#element.contentWindow?.postMessage(message, "*");
  }

  #take({ source, data }: MessageEvent): void {
    if (source !== this.#element.contentWindow || typeof data !== "object" || data === null) return;
    if (data.ready === true && !this.#isReady) {
      this.#isReady = true;
      for (const request of this.#requests.values()) this.#send(request);
      return;
    }
    const request = this.#requests.get(data.id);
    if (request === undefined) return;
    this.#requests.delete(data.id);
    if (typeof data.svg === "string") request.resolve(picture(data.svg, request.message.dark));
    else request.reject(new Error(reasonOf(String(data.error))));
  }

  end(): void {
    removeEventListener("message", this.#onMessage);
    this.#element.remove();
    for (const { reject } of this.#requests.values()) reject(new Error("it took too long"));
  }
}

/** The first line of the library's message, which is the part that helps a reader. */
const reasonOf = (error: string): string => (error.slice(0, 500).split("\n", 1)[0] ?? "").replace(/[\s:]+$/, "");

/** Whether the text of an element is on a dark background. */
function isOnDark(element: Element): boolean {
  const { color } = getComputedStyle(element);
  const [red = 0, green = 0, blue = 0] = (/^rgba?\(([^)]*)\)/.exec(color)?.[1] ?? "").split(/[\s,/]+/).map(Number);
  return red * 0.299 + green * 0.587 + blue * 0.114 > 140;
}

function picture(svg: string, dark: boolean): Diagram {
  const [, width, height] = /viewBox="[-\d.]+ [-\d.]+ ([\d.]+) ([\d.]+)"/.exec(svg) ?? [];
  const text = svg.replace(/\p{Cs}/gu, "\ufffd");
  return {
    dark,
    src: `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`,
    width: Math.ceil(Number(width ?? 400)),
    height: Math.ceil(Number(height ?? 300)),
  };
}

let frame: Frame | null = null;
let asked = 0;

export const diagrams: DiagramRenderer = {
  render(source, beside) {
    if (source.length > LONGEST) return Promise.reject(new RangeError("it is too long"));
    frame ??= new Frame();
    const own = frame;
    asked += 1;
    const id = asked;
    const patience = setTimeout(() => {
      if (frame === own) frame = null;
      own.end();
    }, PATIENCE);
    const drawn = new Promise<Diagram>((resolve, reject) => {
      own.ask({ message: { id, source, dark: isOnDark(beside) }, resolve, reject });
    });
    return drawn.finally(() => clearTimeout(patience));
  },
};
