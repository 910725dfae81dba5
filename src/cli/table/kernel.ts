import { PROBED } from "../../core/machine/index.ts";
import type { Tool } from "../../labs/fuzz/facts/profiles.ts";
import { command } from "./command.ts";
import { CASE, known, plant } from "./fuzz.ts";
import { apart, arch, choice, json } from "./options.ts";

export const predict = command("predict")
  .argument(
    "[case...]",
    `${CASE}; with --list, ids, phases (write, unpredicted…) or parts of rules`,
  )
  .addOption(apart("--list", "list the rules and their sources", ["machine", "plant", "known"]))
  .addOption(arch("list the rules for another machine"))
  .option("--machine <M>", "predict for another machine, such as linux-5.10/intel-6-207")
  .addOption(plant())
  .addOption(known())
  .addOption(json("stublab.prediction/1"));

const TOOLS: readonly Tool[] = ["gdb", "strace", "gvisor", "rr", "criu", "stublab"];

export const conformance = command("conformance")
  .argument("[logs...]", "a log to show, or two to compare; - is standard input")
  .addOption(
    choice(
      "--for <TOOL>",
      "check what a tool needs of ptrace, and say whether it is there",
      "tool",
      TOOLS,
    ).conflicts(["only", "against"]),
  )
  .option("--only <PATTERN>", "select facts whose group, name or rule matches a regular expression")
  .option("--known <LIST>", "facts that need not hold: a file with one a line, or qemu-tcg")
  .addOption(apart("--list", "list the facts, check none", ["against", "ktap"]))
  .option("--ktap <FILE>", "also write what the probe prints: KTAP, as of the kernel's selftests")
  .option("--against <LOG>", "compare the results with those of a log")
  .addOption(json("stublab.conformance/2"));

export const probe = command("probe")
  .option("-o, --output <FILE>", "where to write it")
  .addOption(
    choice(
      "--arch <A>",
      "the machine that executes it, instead of this one",
      "architecture",
      PROBED,
    ),
  )
  .option("--initrd", "write an initramfs with it")
  .option("--case <FILE>", "a case for the initramfs, as /case.json");
