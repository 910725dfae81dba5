// The TypeScript side of the benchmarks of register setups: `setups.js WHAT` speaks the protocol of
// bench/main.c. WHAT is "setup", "write" or "sigreturn"; with the prefix "fuzz-" each case is also generated,
// predicted, compared and signed, as in a run of the fuzzer.

import { createInterface } from "node:readline";
import { BASELINE } from "../src/labs/fuzz/case/amd64/baseline.ts";
import { indexOf } from "../src/labs/fuzz/case/amd64/registers.ts";
import {
  ONS,
  SETUP,
  SETUP_SIZE,
  WANT_INFO,
  WANT_WRITTEN,
  WAYS,
} from "../src/labs/fuzz/case/setups.ts";
import { Generator } from "../src/labs/fuzz/draw/generate.ts";
import { Experiment } from "../src/labs/fuzz/experiment.ts";
import { DIFFERS, KnownSignatures } from "../src/labs/fuzz/predict/signature.ts";
import { CHUNK } from "../src/labs/fuzz/run/round.ts";

const SIZE = CHUNK;
const SETUP_WORDS = SETUP_SIZE / 8;
const [what = ""] = process.argv.slice(2);
const request = what.replace("fuzz-", "");
const fuzzes = what.startsWith("fuzz-");

/** How the registers are written and the stub is resumed; always from a stop by a signal. */
const kindsOf = (way: (typeof WAYS)[number], on: (typeof ONS)[number], wants = 0) =>
  (WAYS.indexOf(way) << 8) | (ONS.indexOf(on) << 16) | (wants << 24);
const KINDS: Readonly<Record<string, number>> = {
  // C makes four requests; the fuzzer needs a fifth, for the siginfo of a stop.
  setup: kindsOf("SETREGS", "CONT", fuzzes ? WANT_INFO : 0),
  write: kindsOf("SETREGS", "NONE", WANT_WRITTEN),
  sigreturn: kindsOf("SIGRETURN", "CONT"),
};

const experiment = new Experiment({ capacity: SIZE });
const { trier, batch, model } = experiment;
trier.run(batch, 1);
const generator = new Generator(1n, undefined, {
  path: request === "sigreturn" ? "sigreturn" : "ptrace",
});
/** The registers that determine where a stub runs: it must reach the INT3, as in C. */
const DECIDING = ["rip", "cs", "eflags", "ss", "fs_base", "gs_base", "ds", "es", "fs", "gs"];
/** A setup of the baseline, and the indices of its words that every case takes over. */
const plain = new Uint32Array(SETUP_SIZE / 4);
plain.set(new Uint32Array(BigUint64Array.from(BASELINE).buffer), SETUP.words);
plain[SETUP.kinds] = KINDS[request] ?? 0;
/** The same words as doubles, which are copied faster than halves; none of them is a NaN. */
const plainWords = new Float64Array(plain.buffer);
const words = new Float64Array(batch.setups.buffer, batch.setups.byteOffset, SIZE * SETUP_WORDS);
const decided = Uint8Array.from([
  ...Array(SETUP.words / 2).keys(),
  ...DECIDING.map((name) => SETUP.words / 2 + indexOf(name)),
]);
const seen = new KnownSignatures();
let index = 1_000_000;
let differences = 0;
/** The milliseconds that makePlain took, which do not count: the fuzzer does nothing like that. */
let apart = 0;

/** Overwrites some words of each case, so that its stub reaches the INT3, as in C. */
function makePlain(): void {
  const start = performance.now();
  for (let at = 0; at < words.length; at += SETUP_WORDS) {
    for (let k = 0; k < decided.length; k++) {
      const word = decided[k] ?? 0;
      words[at + word] = plainWords[word] ?? 0;
    }
  }
  apart += performance.now() - start;
}

function generate(): void {
  generator.generate(batch, 0, index, SIZE);
  index += SIZE;
  makePlain();
}

function assess(): void {
  for (const i of model.assess(batch, SIZE, seen)) {
    const { agreement, signature } = experiment.compare(i);
    if (agreement >= DIFFERS) differences++;
    else seen.add(signature);
  }
}

generate();
console.log("ready");
for await (const line of createInterface({ input: process.stdin })) {
  const count = Number(line);
  const start = performance.now();
  apart = 0;
  // Whole batches, as in a run of the fuzzer.
  const batches = Math.ceil(count / SIZE);
  for (let i = 0; i < batches; i++) {
    if (fuzzes) generate();
    trier.run(batch, SIZE);
    if (fuzzes) assess();
  }
  const each = (performance.now() - start - apart) / (batches * SIZE);
  console.log(`${Math.round(each * count * 1e6)} 0`);
}
experiment.close();
if (differences > 0) throw new Error(`${differences} outcomes do not match their predictions`);
