// Prints the files that a stub has open in which cases are tried.

import { readdirSync } from "node:fs";
import { Engine } from "../../src/labs/fuzz/engine.ts";
import { Experiment } from "../../src/labs/fuzz/experiment.ts";
import { SIMPLE } from "../support/seeds.ts";
import { stubsOf } from "../support/stubs.ts";

const engine = new Engine();
using experiment = new Experiment({}, engine);
experiment.try([SIMPLE]);
console.log(readdirSync(`/proc/${stubsOf(engine).traced}/fd`).join() || "no file");
