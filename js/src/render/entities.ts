/**
 * HTML's 2,125 named characters, by the browser, which has the table: 11 kB that no page loads a second time.
 *
 * It stands for the package `entities` where the bundle is built (`#entities` in package.json); under Node, for tests
 * and benchmarks, the package itself is used.
 */

const KEPT = 4096;
const known = new Map<string, string>();

/** What an entity stands for; itself where it names nothing. It is `&`, a name or a number, and `;`. */
export function decodeHTMLStrict(entity: string): string {
  const found = known.get(entity);
  if (found !== undefined) return found;
  if (known.size >= KEPT) known.clear();
  const meant = read(entity);
  known.set(entity, meant);
  return meant;
}

function read(entity: string): string {
  // Only this may be read as HTML, which makes no element of it.
  if (!/^&(?:#x[a-f0-9]{1,6}|#[0-9]{1,7}|[a-z][a-z0-9]{1,31});$/i.test(entity)) return entity;
  // The letter before it, as a document's leading white space is dropped.
  const text = new DOMParser().parseFromString(`<p>x${entity}`, "text/html").body.textContent.slice(1);
  // Some names also count without their semicolon, and then as the beginning of others: `&notit;`.
  return text.endsWith(";") && entity !== "&semi;" && !entity.startsWith("&#") ? entity : text;
}
