export const PARTS: readonly string[];
export function buildParts(
  names?: readonly string[],
  options?: { readonly minify?: boolean },
): Promise<Map<string, string>>;
export function licences(): string;
