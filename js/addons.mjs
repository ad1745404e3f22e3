/**
 * The addons that a page loads when it first needs them: one module for each language of the highlighter, math, diagrams, JSON.
 *
 * A language is either a file of its own in src/addons/languages/ or rules of Ace as they are, named here.
 */

import { readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import subsetFont from "subset-font";
import { cssAsText } from "./css.mjs";

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(import.meta.url);
const OWN = join(here, "src/addons/languages");

/** Module and class of Ace. */
const ACE = {
  ada: "ada AdaHighlightRules",
  apache: "apache_conf ApacheConfHighlightRules",
  applescript: "applescript AppleScriptHighlightRules",
  asciidoc: "asciidoc AsciidocHighlightRules",
  assembly: "assembly_x86 AssemblyX86HighlightRules",
  assembly_arm: "assembly_arm32 AssemblyARM32HighlightRules",
  astro: "astro AstroHighlightRules",
  batch: "batchfile BatchFileHighlightRules",
  bibtex: "bibtex BibTeXHighlightRules",
  clojure: "clojure ClojureHighlightRules",
  cobol: "cobol CobolHighlightRules",
  coffee: "coffee CoffeeHighlightRules",
  cpp: "c_cpp c_cppHighlightRules",
  crystal: "crystal CrystalHighlightRules",
  csharp: "csharp CSharpHighlightRules",
  css: "css CssHighlightRules",
  d: "d DHighlightRules",
  dart: "dart DartHighlightRules",
  dockerfile: "dockerfile DockerfileHighlightRules",
  dot: "dot DotHighlightRules",
  elixir: "elixir ElixirHighlightRules",
  elm: "elm ElmHighlightRules",
  erb: "html_ruby HtmlRubyHighlightRules",
  erlang: "erlang ErlangHighlightRules",
  fortran: "fortran FortranHighlightRules",
  fsharp: "fsharp FSharpHighlightRules",
  gdscript: "gdscript GDScriptHighlightRules",
  gherkin: "gherkin GherkinHighlightRules",
  gitignore: "gitignore GitignoreHighlightRules",
  glsl: "glsl glslHighlightRules",
  go: "golang GolangHighlightRules",
  graphql: "graphqlschema GraphQLSchemaHighlightRules",
  groovy: "groovy GroovyHighlightRules",
  handlebars: "handlebars HandlebarsHighlightRules",
  haskell: "haskell HaskellHighlightRules",
  haxe: "haxe HaxeHighlightRules",
  html: "html HtmlHighlightRules",
  ini: "ini IniHighlightRules",
  java: "java JavaHighlightRules",
  javascript: "javascript JavaScriptHighlightRules",
  jinja: "twig TwigHighlightRules",
  kotlin: "kotlin KotlinHighlightRules",
  latex: "latex LatexHighlightRules",
  less: "less LessHighlightRules",
  liquid: "liquid LiquidHighlightRules",
  lisp: "lisp LispHighlightRules",
  lua: "lua LuaHighlightRules",
  makefile: "makefile MakefileHighlightRules",
  markdown: "markdown MarkdownHighlightRules",
  matlab: "matlab MatlabHighlightRules",
  nginx: "nginx NginxHighlightRules",
  nim: "nim NimHighlightRules",
  nix: "nix NixHighlightRules",
  objectivec: "objectivec ObjectiveCHighlightRules",
  ocaml: "ocaml OcamlHighlightRules",
  odin: "odin OdinHighlightRules",
  pascal: "pascal PascalHighlightRules",
  perl: "perl PerlHighlightRules",
  powershell: "powershell PowershellHighlightRules",
  prisma: "prisma PrismaHighlightRules",
  prolog: "prolog PrologHighlightRules",
  properties: "properties PropertiesHighlightRules",
  protobuf: "protobuf ProtobufHighlightRules",
  pug: "jade JadeHighlightRules",
  puppet: "puppet PuppetHighlightRules",
  qml: "qml QmlHighlightRules",
  r: "r RHighlightRules",
  raku: "raku RakuHighlightRules",
  razor: "razor RazorHighlightRules",
  rst: "rst RSTHighlightRules",
  ruby: "ruby RubyHighlightRules",
  rust: "rust RustHighlightRules",
  sass: "sass SassHighlightRules",
  scad: "scad scadHighlightRules",
  scala: "scala ScalaHighlightRules",
  scheme: "scheme SchemeHighlightRules",
  scss: "scss ScssHighlightRules",
  sparql: "sparql SPARQLHighlightRules",
  stylus: "stylus StylusHighlightRules",
  swift: "swift SwiftHighlightRules",
  tcl: "tcl TclHighlightRules",
  terraform: "terraform TerraformHighlightRules",
  toml: "toml TomlHighlightRules",
  tsx: "tsx TsxHighlightRules",
  turtle: "turtle TurtleHighlightRules",
  typescript: "typescript TypeScriptHighlightRules",
  vala: "vala ValaHighlightRules",
  vb: "vbscript VBScriptHighlightRules",
  verilog: "verilog VerilogHighlightRules",
  vhdl: "vhdl VHDLHighlightRules",
  vue: "vue VueHighlightRules",
  xml: "xml XmlHighlightRules",
  yaml: "yaml YamlHighlightRules",
  zig: "zig ZigHighlightRules",
};

/** The modules in src/addons/ that are no languages, by the names of their addons. */
const OTHERS = {
  chat: "chat",
  compare: "compare",
  differences: "differences",
  languages: "languages",
  math: "math",
  mermaid: "mermaid",
  tokens: "tokens",
  "json-viewer": "json",
};

const own = readdirSync(OWN)
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.slice(0, -3));

/** The names of all addons. */
export const ADDONS = [...Object.keys(ACE), ...own, ...Object.keys(OTHERS)].sort();

function entryOf(name) {
  if (OTHERS[name]) return `export * from "./src/addons/${OTHERS[name]}.ts";`;
  if (own.includes(name)) return `export * from "./src/addons/languages/${name}.ts";`;
  const [file, Rules] = ACE[name].split(" ");
  return (
    `import { ${Rules} } from "ace-code/src/mode/${file}_highlight_rules";` +
    'import { grammar as of } from "./src/addons/grammar.ts";' +
    `export const grammar = of(${Rules});`
  );
}

const entries = {
  name: "addons",
  setup(bundler) {
    bundler.onResolve({ filter: /^addon:/ }, ({ path }) => ({ path: path.slice(6), namespace: "addon" }));
    bundler.onLoad({ filter: /.*/, namespace: "addon" }, ({ path }) => ({
      contents: entryOf(path),
      loader: "js",
      resolveDir: here,
    }));
  },
};

/** Makes `font:stix` the subset of STIX Two Math that formulas use, as bytes. */
const mathFont = {
  name: "math-font",
  setup(bundler) {
    bundler.onResolve({ filter: /^font:stix$/ }, () => ({ path: "stix", namespace: "font" }));
    bundler.onLoad({ filter: /.*/, namespace: "font" }, async () => ({ contents: await stix(), loader: "binary" }));
  },
};

/** Makes `script:mermaid` the text of its script, which runs in a frame and not in the page. */
const mermaidScript = {
  name: "mermaid-script",
  setup(bundler) {
    bundler.onResolve({ filter: /^script:mermaid$/ }, () => ({ path: "mermaid", namespace: "script" }));
    bundler.onLoad({ filter: /.*/, namespace: "script" }, () => ({
      contents: readFileSync(require.resolve("@mermaid-js/tiny/dist/mermaid.tiny.js"), "utf8"),
      loader: "text",
    }));
  },
};

/** What formulas are made of: letters and digits, Greek, operators, arrows, delimiters, the alphabets of mathematics. */
const CHARACTERS = [
  [0x20, 0x7e], [0xa0, 0xff], [0x131, 0x131], [0x237, 0x237], [0x2c6, 0x2dd], [0x300, 0x338], [0x391, 0x3f6],
  [0x2010, 0x2057], [0x20d0, 0x20ef], [0x2100, 0x214f], [0x2190, 0x21ff], [0x2200, 0x22ff], [0x2308, 0x2322],
  [0x23b0, 0x23e1], [0x25a0, 0x25ef], [0x2605, 0x2605], [0x2660, 0x266f], [0x27c2, 0x27c2], [0x27e6, 0x27ff],
  [0x2a00, 0x2a0c], [0x2a3f, 0x2a3f], [0x2a7d, 0x2abf], [0x1d400, 0x1d56b], [0x1d6a4, 0x1d7cb], [0x1d7ce, 0x1d7d7],
]; // biome-ignore format: a table

async function stix() {
  const file = require.resolve("@fontsource/stix-two-math/files/stix-two-math-latin-400-normal.woff2");
  let text = "";
  for (const [first, last] of CHARACTERS)
    for (let code = first; code <= last; code += 1) text += String.fromCodePoint(code);
  return subsetFont(readFileSync(file), text, { targetFormat: "woff2" });
}

/** Build addons into memory: their names and the text of their modules. */
export async function buildAddons(names = ADDONS, { minify = true } = {}) {
  const { outputFiles } = await build({
    absWorkingDir: here,
    entryPoints: names.map((name) => ({ in: `addon:${name}`, out: name })),
    outdir: here,
    bundle: true,
    format: "esm",
    platform: "browser",
    mainFields: ["module", "main"],
    target: ["es2022"],
    charset: "utf8",
    minify,
    legalComments: "none",
    plugins: [entries, mathFont, mermaidScript, cssAsText({ minify })],
    write: false,
  });
  return new Map(outputFiles.map(({ path, text }) => [basename(path, ".js"), text]));
}

/** The licences of what the addons are made from, which travel with them. */
export function licences() {
  const packages = ["ace-code", "temml", "@fontsource/stix-two-math", "@mermaid-js/tiny", "@streamparser/json"];
  const texts = packages.map((name) => {
    const file = join(here, "node_modules", name, "LICENSE");
    return `${name}\n${"=".repeat(name.length)}\n\n${readFileSync(file, "utf8").trim()}\n`;
  });
  return texts.join("\n\n");
}
