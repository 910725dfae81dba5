import { command } from "./command.ts";
import { count, json } from "./options.ts";

/** Batches of each mechanism, in a run of about a minute. */
const ROUNDS = 60;
const MOST_ROUNDS = 100_000;

export const bench = command("bench", {
  summary: "measure what each way to drive another process costs on this machine",
  description: `Measures what each way to drive another process costs on this machine: the lanes of stublab, the same in
    plain C, other mechanisms of the kernel, and the floor below them. All take turns, batch by batch, bound to one
    processor; so the ratios hold elsewhere too, if nothing else runs. A run that other work disturbed is reported as
    noisy. What this machine or this version of the library refuses is skipped, with the reason. Ctrl-C ends the run:
    what was measured is reported.`,
  status: "0; 3 if nothing could be measured; 130 after Ctrl-C",
  examples: [
    "stublab bench",
    "stublab bench call switch --html bench.html",
    "stublab bench call-fast --rounds 200 --json",
  ],
})
  .argument(
    "[name...]",
    "mechanisms, or groups of them: call, batch, birth, pool, switch, floor (default: all, in about a minute)",
  )
  .option("--list", "list the mechanisms, with the system calls that each makes")
  .addOption(count("--rounds <N>", "batches of each mechanism", MOST_ROUNDS, 1).default(ROUNDS))
  .option("--html <FILE>", "write a web page")
  .addOption(json("stublab.bench/1"));
