// The model of the page of registers, as its script loads it: after the files that the page holds.

export { hold } from "../../src/cli/registers/node.ts";
export const load = () => import("./prediction_table.ts");
