export const ADDONS: readonly string[];
export function buildAddons(
  names?: readonly string[],
  options?: { readonly minify?: boolean },
): Promise<Map<string, string>>;
export function licences(): string;
