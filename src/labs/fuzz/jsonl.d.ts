/* Bundlers take lines of JSON as text. */
declare module "*.jsonl" {
  const lines: string;
  export default lines;
}
