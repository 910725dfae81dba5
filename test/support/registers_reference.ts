// The model of a program, which reads the files of the package, and cases at random.

export { MACHINES } from "../../src/cli/machines.ts";
export { formatCase } from "../../src/labs/fuzz/case/text.ts";
export { Generator } from "../../src/labs/fuzz/draw/generate.ts";
export { predictionText } from "./prediction_table.ts";
