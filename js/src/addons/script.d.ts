/** Mermaid as one script; the build inserts it. */
declare module "script:mermaid" {
  const script: string;
  export default script;
}
