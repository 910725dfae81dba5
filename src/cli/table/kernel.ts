import { PROBED } from "../../core/machine/index.ts";
import type { Tool } from "../../labs/fuzz/facts/profiles.ts";
import { command } from "./command.ts";
import { CASE, known, plant } from "./fuzz.ts";
import { apart, arch, choice, json } from "./options.ts";

export const predict = command("predict", {
  summary: "predict what the kernel does with a register setup",
  description: `Predicts what the kernel and the processor do with a register setup: whether the write is accepted,
    what is read back, what happens after the resume, and which rules decide it. Nothing is executed.`,
  examples: ["stublab predict case.json", "stublab predict --list W3 selector"],
})
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

export const conformance = command("conformance", {
  summary: "check facts about ptrace on this kernel, and print a score",
  description: `Checks facts about ptrace on this kernel: what requests write and read, what happens after a resume, and
    which errno requests fail with. It is for developers of kernels, and of software that emulates one. A fact may
    consist of many checks, and counts once. Checks that are impossible on this machine are skipped, with the reason.
    Ctrl-C ends it after the fact under way. A log is shown, and two are compared; it is what --ktap or --json has
    written, or the console of a probe.`,
  status: `0 if all facts hold, those that two logs have are the same, or the kernel is enough for the tool; else 1; 3 if
    all are skipped; 130 after Ctrl-C`,
  examples: [
    "stublab conformance --only 'restarts|selectors'",
    "stublab conformance --for gdb",
    "stublab conformance a.log b.log",
  ],
})
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

export const probe = command("probe", {
  summary: "write a static program that fuzzes and checks facts without Node.js",
  description: `Writes the probe: a static executable for Linux that needs no Node.js, no libraries and no files. It
    creates stubs, checks facts and fuzzes register setups, and reports in KTAP (docs/probe.md); on riscv64 it checks
    facts about requests only. In an initramfs it is process 1 of the kernel that boots it, and takes its arguments
    after -- on the kernel's command line.`,
  examples: [
    "stublab probe -o probe && ./probe fuzz --seed 7 --cases 1000000",
    "stublab probe --arch arm64 --initrd -o probe.cpio",
    "qemu-system-aarch64 -M virt -cpu max -kernel Image -initrd probe.cpio \\",
    `  -nographic -append "console=ttyAMA0 panic=-1 -- bootstrap conformance"`,
  ],
})
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
