import { command } from "./command.ts";
import { count, json } from "./options.ts";

export const bench = command("bench", {
  summary: "measure what each way to drive another process costs",
  description: `Measures what each way to drive another process costs on this machine: the lanes of stublab, the same in
    plain C, other mechanisms of the kernel, and the floor below them. All take turns, batch by batch, bound to one
    processor; so the ratios hold elsewhere too, if nothing else runs. A run that other work disturbed is reported as
    noisy. What cannot be measured here is skipped, with the reason. Ctrl-C ends the run with a report.`,
  status: "0; 3 if nothing could be measured; 130 after Ctrl-C",
  examples: ["stublab bench call switch --html bench.html"],
})
  .argument("[name...]", "mechanisms or groups, as --list has them (default: all)")
  .option("--list", "list the mechanisms, with the system calls that each makes")
  // Of 10 ms each: all mechanisms take about a minute.
  .addOption(count("--rounds <N>", "batches of each mechanism", 100_000, 1).default(60))
  .option("--html <FILE>", "write a web page")
  .addOption(json("stublab.bench/1"));
