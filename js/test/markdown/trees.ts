/**
 * Whether two trees are the same to a reader: texts that meet count as one, for the engine cuts long ones at settled
 * points, and how much is settled says when something was known, not what.
 */

type Value = unknown;
type Fields = Readonly<Record<string, Value>>;

const isText = (value: Value): value is { readonly kind: "text"; readonly text: string } =>
  typeof value === "object" && value !== null && (value as Fields).kind === "text";

/** The children with texts that meet made one. */
function joined(children: readonly Value[]): readonly Value[] {
  if (!children.some((child, index) => index > 0 && isText(child) && isText(children[index - 1]))) return children;
  const all: Value[] = [];
  for (const child of children) {
    const last = all.at(-1);
    if (isText(child) && isText(last)) all[all.length - 1] = { kind: "text", text: last.text + child.text };
    else all.push(child);
  }
  return all;
}

/** Where they differ first, as a path and the two values; null: nowhere. */
export function findDifference(one: Value, other: Value, path = ""): string | null {
  if (one === other) return null;
  if (Array.isArray(one) && Array.isArray(other)) return differenceOfLists(joined(one), joined(other), path);
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null || Array.isArray(one)) {
    return differing(one, other, path);
  }
  const left = one as Fields;
  const right = other as Fields;
  if (left.kind !== right.kind) return differing(one, other, path);
  for (const name in left) {
    if (name === "settled") continue;
    const found = findDifference(left[name], right[name], `${path}.${name}`);
    if (found) return found;
  }
  for (const name in right) {
    if (!(name in left)) return differing(undefined, right[name], `${path}.${name}`);
  }
  return null;
}

function differenceOfLists(one: readonly Value[], other: readonly Value[], path: string): string | null {
  for (let index = 0; index < Math.min(one.length, other.length); index += 1) {
    const found = findDifference(one[index], other[index], `${path}[${index}]`);
    if (found) return found;
  }
  if (one.length === other.length) return null;
  const at = Math.min(one.length, other.length);
  return differing(one[at], other[at], `${path}[${at}]`);
}

function differing(one: Value, other: Value, path: string): string {
  const show = (value: Value) => {
    const text = JSON.stringify(value) ?? "nothing";
    return text.length > 300 ? `${text.slice(0, 300)}…` : text;
  };
  return `${path || "."}: ${show(one)} instead of ${show(other)}`;
}
