// Prints the files that a stub has open in which cases are tried.

import { Engine } from "../../src/labs/fuzz/engine.ts";
import { stubsOf } from "../support/stubs.ts";

const engine = new Engine();
using experiment = new Experiment({}, engine);
experiment.try([SIMPLE]);
console.log(readdirSync(`/proc/${stubsOf(engine).traced}/fd`).join() || "no file");
