/** Who takes part. A name is that of the module in renderers/. */

export interface Entry {
  readonly name: string;
  readonly label: string;
  readonly role: "limit" | "ours" | "peer";
}

export const RENDERERS: readonly Entry[] = [
  { name: "limit-text", label: "limit: the raw text in one node", role: "limit" },
  { name: "limit-dom", label: "limit: the final nodes, ready-made", role: "limit" },
  { name: "streamcell", label: "streamcell", role: "ours" },
  { name: "streamcell-highlight", label: "streamcell, code highlighted", role: "ours" },
  { name: "streaming-markdown", label: "streaming-markdown", role: "peer" },
  { name: "markdown-it-last-block", label: "markdown-it, last block", role: "peer" },
  { name: "incremark", label: "incremark core", role: "peer" },
  { name: "streamdown", label: "streamdown", role: "peer" },
  { name: "markdown-it-morphdom", label: "markdown-it + morphdom", role: "peer" },
  { name: "lezer", label: "@lezer/markdown", role: "peer" },
  { name: "marked-dompurify", label: "marked + DOMPurify + innerHTML", role: "peer" },
  { name: "react-markdown", label: "react-markdown", role: "peer" },
  { name: "micromark", label: "micromark, whole", role: "peer" },
];
