/** Mermaid as the one script that it is; the build puts it in. */
declare module "script:mermaid" {
  const script: string;
  export default script;
}
