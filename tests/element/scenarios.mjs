/**
 * How the answers of the rehearsal server end for the installed package: `node scenarios.mjs FOLDER API responses|chat
 * SETTINGS NAME...` prints a list of names, statuses and texts.
 */

import { join } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, base, api, settings, ...names] = process.argv.slice(2);
const { parseOpenAI } = await import(pathToFileURL(join(folder, "parse.mjs")));
const STATUS = { finish: "done", interrupted: "interrupted", error: "failed" };
const question = "Explain entropy";
const asked = api === "chat" ? { messages: [{ role: "user", content: question }] } : { input: question };
const path = api === "chat" ? "chat/completions" : "responses";

async function ending(name) {
  const body = JSON.stringify({ model: `rehearsal/${name}?${settings}`, stream: true, ...asked });
  const request = fetch(`${base}/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body });
  let text = "";
  let status = "";
  for await (const event of parseOpenAI(request)) {
    if (event.type === "text") text += event.delta;
    if (event.type === "replace") text = event.text;
    status = event.reason === "cancelled" ? "stopped" : (STATUS[event.type] ?? status);
  }
  return [name, status, text.toWellFormed()];
}

console.log(JSON.stringify(await Promise.all(names.map(ending))));
