// Cases as in a run of the fuzzer, drawn, tried, predicted, compared and signed: `setups.js PATH` speaks the protocol of
// bench/main.c. PATH is "ptrace" or "sigreturn".

import { createInterface } from "node:readline";
import { BASELINE } from "../src/labs/fuzz/case/amd64/baseline.ts";
import { indexOf } from "../src/labs/fuzz/case/amd64/registers.ts";
import { ONS, SETUP, SETUP_SIZE, WANT_INFO, WAYS } from "../src/labs/fuzz/case/setups.ts";
import { CHUNK, Generator } from "../src/labs/fuzz/draw/generate.ts";
import { Experiment } from "../src/labs/fuzz/experiment.ts";
import { DIFFERS, KnownSignatures } from "../src/labs/fuzz/predict/signature.ts";

const SETUP_WORDS = SETUP_SIZE / 8;
const path = process.argv[2] === "sigreturn" ? "sigreturn" : "ptrace";

const experiment = new Experiment({ capacity: CHUNK });
const { trier, batch, model } = experiment;
const generator = new Generator(1n, { path });
/** The registers that determine where a stub runs: it must reach the INT3, as in C. */
const DECIDING = ["rip", "cs", "eflags", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"];
/** A setup of the baseline, and the indices of its words that every case takes over. */
const plain = new Uint32Array(SETUP_SIZE / 4);
plain.set(new Uint32Array(BigUint64Array.from(BASELINE).buffer), SETUP.words);
const way = WAYS.indexOf(path === "sigreturn" ? "SIGRETURN" : "SETREGS");
const wants = path === "sigreturn" ? 0 : WANT_INFO;
plain[SETUP.kinds] = (way << 8) | (ONS.indexOf("CONT") << 16) | (wants << 24);
/** The same words as doubles, which are copied faster than halves; none of them is a NaN. */
const plainWords = new Float64Array(plain.buffer);
const words = new Float64Array(batch.setups.buffer, batch.setups.byteOffset, CHUNK * SETUP_WORDS);
const decided = [
  ...Array(SETUP.words / 2).keys(),
  ...DECIDING.map((name) => SETUP.words / 2 + indexOf(name)),
];
const seen = new KnownSignatures();
let index = 1_000_000;
let differences = 0;

/** Overwrites some words of each case, so that its stub reaches the INT3. Returns the milliseconds that this took. */
function makePlain(): number {
  const start = performance.now();
  for (let at = 0; at < words.length; at += SETUP_WORDS) {
    for (const word of decided) words[at + word] = plainWords[word] ?? 0;
  }
  return performance.now() - start;
}

/** Returns the milliseconds that a chunk of cases took, without makePlain: the fuzzer does nothing like that. */
function runChunk(): number {
  const start = performance.now();
  generator.generate(batch, 0, index, CHUNK);
  index += CHUNK;
  const apart = makePlain();
  trier.run(batch, CHUNK);
  for (const i of model.assess(batch, CHUNK, seen)) {
    const { agreement, signature } = experiment.compare(i);
    if (agreement >= DIFFERS) differences++;
    else seen.add(signature);
  }
  return performance.now() - start - apart;
}

runChunk();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const count = Number(line);
  const chunks = Math.ceil(count / CHUNK);
  let time = 0;
  for (let i = 0; i < chunks; i++) time += runChunk();
  console.log(`${Math.round((time / (chunks * CHUNK)) * count * 1e6)} 0`);
}
experiment.close();
if (differences > 0) throw new Error(`${differences} outcomes do not match their predictions`);
