/** What is streamed at the page to see that nothing of it runs, loads or gets in the way. */

import dompurify from "./dompurify.txt?raw";
import evasion from "./evasion.txt?raw";
import { MARKDOWN } from "./markdown.js";

const SUFFIX = "//[\"'`-->]]>]</div>";

/** The first part says where they are from. */
function readPayloads(file: string): string[] {
  return file
    .replace(/\n$/, "")
    .split(/^%%%\n/m)
    .slice(1)
    .map((payload) =>
      payload
        .replace(/\n$/, "")
        .replaceAll("§", SUFFIX)
        .replace(/\\u([0-9a-f]{4})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    );
}

export const PAYLOADS: readonly string[] = [
  ...new Set([...readPayloads(dompurify), ...readPayloads(evasion), ...MARKDOWN]),
];
