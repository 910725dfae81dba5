import { Option } from "@commander-js/extra-typings";
import { command } from "./command.ts";
import { CASE, plant } from "./fuzz.ts";
import { arch, json } from "./options.ts";

export const predict = command("predict", {
  summary: "predict what the kernel does with a register setup, rule by rule",
  description: `Predicts what the kernel and the processor do with a register setup: whether the write is accepted,
    what is read back, what happens after the resume, and which rules decide it. Nothing is executed.`,
  examples: [
    "stublab predict case.json",
    "stublab predict --list W3 selector",
    `stublab predict - <<< '{"schema": "stublab.case/1", "registers": {"cs": "0x10"}}'`,
  ],
})
  .argument("[case...]", `${CASE}; with --list, words`)
  .addOption(
    new Option(
      "--list",
      `list the rules of the model, with the condition under which each holds and its source: all, or those that a word
      selects: an id, a phase (write, return, resume, unpredicted), or part of the text`,
    ).conflicts(["machine", "plant"]),
  )
  .addOption(arch("--arch <ARCH>", "list the rules for another machine"))
  .option(
    "--machine <M>",
    `predict for another machine: KERNEL/PROCESSOR, such as linux-5.10/intel-6-207, with ,-fsgsbase if it has no
    FSGSBASE; a wrong name lists all`,
  )
  .addOption(plant())
  .addOption(json("stublab.prediction/1"));

export const conformance = command("conformance", {
  summary: "check facts about ptrace and registers on this kernel, and print a score",
  description: `Checks facts about ptrace on this kernel: what requests write and read, what happens after a resume, and
    which errno requests fail with. It is intended for developers of kernels, and of software that emulates a kernel. A
    fact may consist of many checks, and counts once. Checks that are impossible on this machine are skipped, with the
    reason. Ctrl-C ends it after the fact under way: the results so far are reported.`,
  status: `0 if all other facts hold, else 1; of a comparison, 0 if the facts that both could check have the same
    results; 130 after Ctrl-C`,
  examples: [
    "stublab conformance",
    "stublab conformance --only 'restarts|selectors' --ktap facts.ktap",
    "stublab conformance --read console.log --json",
    "stublab conformance --diff old.log new.log",
  ],
})
  .argument("[logs...]", "with --diff, two logs")
  .option(
    "--only <PATTERN>",
    "check only facts whose group, name or rule matches a regular expression",
  )
  .option(
    "--known <LIST>",
    `facts that LIST has are reported as known where they do not hold, and do not fail the run: a file with names of
    facts, one a line, or qemu-tcg`,
  )
  .addOption(
    new Option("--list", "list the facts without checking them").conflicts([
      "read",
      "diff",
      "against",
      "ktap",
    ]),
  )
  .option("--ktap <FILE>", "also write the results as KTAP, as the kernel's selftests do")
  .addOption(
    new Option(
      "--read <LOG>",
      `check nothing, and show the results of a log: what --ktap or --json has written, or the console of a probe
      (docs/probe.md), with the messages of its kernel; - is standard input`,
    ).conflicts("diff"),
  )
  .addOption(
    new Option(
      "--diff",
      "compare two such logs: facts that hold on one of two machines only",
    ).conflicts(["against", "ktap"]),
  )
  .option("--against <LOG>", "compare the results with those of a log")
  .addOption(json("stublab.conformance/2"));

export const probe = command("probe", {
  summary: "write a static program that checks and fuzzes kernels without Node.js",
  description: `Writes the probe: a static executable for Linux that needs no Node.js, no libraries and no files. It
    creates stubs, checks facts and fuzzes register setups, as this command does, and reports in KTAP. docs/probe.md
    describes it.`,
  examples: [
    "stublab probe -o probe",
    "./probe fuzz --seed 7 --cases 1000000",
    "stublab probe --arch arm64 --initrd -o probe.cpio",
    "qemu-system-aarch64 -M virt -cpu max -kernel Image -initrd probe.cpio \\",
    `  -nographic -no-reboot -append "console=ttyAMA0 panic=-1 -- bootstrap conformance"`,
    "stublab probe --initrd --case case.json -o probe.cpio   # and: -- replay /case.json",
  ],
})
  .option("-o, --output <FILE>", "where to write it")
  .addOption(arch("--arch <ARCH>", "the machine that executes it, instead of this one"))
  .option(
    "--initrd",
    `write an initramfs with it instead: the probe is process 1 of the kernel that boots it, and takes its arguments
    after -- on the kernel's command line`,
  )
  .option("--case <FILE>", "a case for that initramfs, as /case.json (docs/fuzzing-cases.md)");
