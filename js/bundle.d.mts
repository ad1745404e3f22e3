import type { BuildOptions } from "esbuild";

export function bundleOptions(options?: { readonly minify?: boolean }): BuildOptions;
