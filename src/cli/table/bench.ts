import { command } from "./command.ts";
import { count, json } from "./options.ts";

export const bench = command("bench")
  .argument("[name...]", "mechanisms or groups, as --list has them (default: all)")
  .option("--list", "list the mechanisms, with the system calls that each makes")
  // Of 10 ms each: all mechanisms take about a minute.
  .addOption(count("--rounds <N>", "batches of each mechanism", 100_000, 1).default(60))
  .option("--html <FILE>", "write a web page")
  .addOption(json("stublab.bench/1"));
