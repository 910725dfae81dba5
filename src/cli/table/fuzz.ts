import { Option } from "@commander-js/extra-typings";
import type { Path } from "../../labs/fuzz/draw/arch.ts";
import type { KnownName } from "../../labs/fuzz/known/arch.ts";
import type { Shard } from "../../labs/fuzz/run/state.ts";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
import { choice, count, json, MOST_CASES, MOST_SECONDS, repeated, seed } from "./options.ts";

const PATHS = ["ptrace", "sigreturn", "both"] as const satisfies readonly Path[];
const KNOWN = ["qemu-tcg"] as const satisfies readonly KnownName[];
const MOST_WORKERS = 256;

/** What commands that try or predict one setup are given. */
export const CASE = `a case: a file "stublab.case/1" (docs/fuzzing-cases.md), the folder of a finding, or - for standard
  input`;

export const plant = () =>
  new Option(
    "--plant <RULE>",
    `plant a bug in the model: remove a rule, change one of its numbers (W7.FLAG_MASK=0x54dd4), or let a rule about what
    is not predicted apply everywhere (U3+)`,
  );

const known = () =>
  choice("--known <LIST>", "deviations of an emulator that the model predicts", "list", KNOWN);

/** Parses a shard, such as "2/8". @throws InputError */
function parseShard(text: string): Shard {
  const [, index = "", of = ""] = /^(\d{1,6})\/(\d{1,6})$/.exec(text) ?? [];
  const shard = { index: Number(index), of: Number(of) };
  if (shard.index >= 1 && shard.index <= shard.of) return shard;
  throw new InputError(`--shard: expected I/N with I from 1 to N, such as 2/8, got "${text}"`);
}

/** Such a run depends on the seed only. */
const ALONE = ["focus", "seconds", "corpus", "shard", "record"];

export const fuzz = command("fuzz", {
  summary: "throw register setups at the kernel, and compare the outcomes with a model",
  description: `Writes register setups into real stubs, and compares what the kernel and the processor do with the
    predictions of a model. Each setup depends on the seed and its number. Ctrl-C ends the run after the rounds under
    way; a second Ctrl-C ends it at once. docs/fuzzing.md is the reference, docs/fuzzing-tutorial.md an introduction.`,
  status: `0 if every outcome matched its prediction, 1 if one did not, 2 for wrong usage or a folder of another run, 3
    if this machine cannot do it`,
  examples: [
    "stublab fuzz --seconds 60",
    "stublab fuzz --seed 7 --cases 10000000 --corpus run7 --workers 4",
    "stublab fuzz --against console.log",
    "stublab fuzz --cases 800000 --record mine.jsonl.gz",
    "stublab fuzz --shard 2/8 --cases 8000000 --corpus shard2",
  ],
})
  .addOption(seed("--seed <N>", "seed of the random cases (default: that of the folder, or 1)"))
  .addOption(
    choice("--path <P>", "how registers are written (default: as in the folder)", "path", PATHS),
  )
  .option("--focus <RULE>", "draw most cases near those that use a rule of the model, such as R12")
  .addOption(
    count(
      "--cases <N>",
      "number of cases of the whole run (default 1000000)",
      MOST_CASES,
    ).conflicts("seconds"),
  )
  .addOption(
    count(
      "--seconds <N>",
      "stop this command after N seconds instead, between rounds",
      MOST_SECONDS,
    ),
  )
  .option(
    "--corpus <DIR>",
    `keep the run in this folder: its log and findings; the same command continues a run that was interrupted or
    killed`,
  )
  .addOption(
    count(
      "--workers <N>",
      "processes that try cases, each on its own processor; the findings do not depend on it",
      MOST_WORKERS,
      1,
    ).default(1),
  )
  .addOption(
    new Option(
      "--shard <I/N>",
      "try only this part of the run; `stublab fuzz merge` combines the parts",
    ).argParser(parseShard),
  )
  .addOption(plant())
  .addOption(known())
  .option(
    "--record <FILE>",
    `try one case for each kind of outcome once more, and write the cases with their outcomes: a recording of this
    machine, which \`stublab fuzz judge\` compares with the model anywhere; with gzip if the name ends in .gz`,
  )
  .addOption(
    new Option(
      "--outcomes <FILE>",
      `make a run whose cases are the same on other machines, and write which outcomes contradict their predictions, so
      that other machines can be compared with this one`,
    ).conflicts(ALONE),
  )
  .addOption(
    new Option(
      "--against <RUN>",
      `make the run of such a file, or of a console of \`probe fuzz --outcomes\`, and report what differs here, reduced
      to causes; what both machines do alike is no difference`,
    ).conflicts(ALONE),
  )
  .addOption(json("stublab.fuzz/1"));

export const replay = command("replay", {
  summary: "try a register setup in a new stub, and show the prediction next to the outcome",
  description:
    "Tries a register setup in a new stub, and shows the prediction next to the outcome.",
  status:
    "0 if the outcome matches the prediction, 1 if it differs, 3 if this machine cannot try it",
  examples: [
    "stublab fuzz replay case.json",
    "stublab fuzz replay findings/1f2e3d4c --json | jq .differences",
  ],
})
  .argument("<case>", CASE)
  .addOption(plant())
  .addOption(known())
  .addOption(json("stublab.replay/1"));

export const minimize = command("minimize", {
  summary: "reduce a register setup to the smallest one with the same difference",
  description: `Reduces a register setup to the smallest one whose outcome differs from its prediction in the same
    field. If the outcome matches its prediction, the result is the smallest setup with the same kind of outcome. Each
    candidate is tried in a stub.`,
  examples: [
    "stublab fuzz minimize found.json -o small.json",
    "stublab fuzz minimize - < found.json | stublab predict -",
  ],
})
  .argument("<case>", CASE)
  .addOption(plant())
  .addOption(known())
  .option("-o, --output <FILE>", "write the case to FILE, not to standard output")
  // The output is a document in any case.
  .addOption(json("stublab.case/1").hideHelp());

export const exporting = command("export", {
  summary: "write a C program or a report about a register setup",
  description: `Tries a register setup, and writes a C program that tries it without Node.js or stublab, or a report
    with all that repeats it. The selftest includes ../kselftest.h: its place in a tree of the kernel is
    tools/testing/selftests/x86; elsewhere, add -I TREE/tools/testing/selftests/x86.`,
  status: `of the C program: 0 if the outcome is the one seen here, 1 if it differs, 2 if the case cannot be tried; of
    the selftest: 0 if it is as predicted, 1 if it differs, 4 if the case cannot be tried`,
  examples: [
    "stublab fuzz export case.json --c -o repro.c && cc -Wall -o repro repro.c && ./repro",
    "stublab fuzz export case.json --kselftest -o linux/tools/testing/selftests/x86/ptrace_restart.c",
    "stublab fuzz export case.json --report restart --seen linux-5.10.log --seen linux-7.3.log",
    "stublab fuzz export --processor -o processor.c",
  ],
})
  .argument("[case]", CASE)
  .addOption(
    new Option(
      "--c",
      "write a C program that compares the outcome with the prediction and with the outcome seen here",
    ).conflicts(["kselftest", "report", "processor"]),
  )
  .addOption(
    new Option(
      "--kselftest",
      `write a C program in the style of the kernel's selftests that compares it with the prediction, and reports in
      KTAP`,
    ).conflicts(["report", "processor"]),
  )
  .addOption(
    new Option(
      "--report <FOLDER>",
      `write into a folder: a report in Markdown, the case, both programs, the probe, an initramfs with the probe and
      the case, and a script for \`git bisect run\`, or the program about processors`,
    ).conflicts(["processor", "plant", "output"]),
  )
  .option(
    "--processor",
    "write a C program that tries in user mode, without ptrace, what rules say about processors",
  )
  .addOption(
    repeated(
      "--seen <LOG>",
      "for the report: the output of `probe replay case.json` on another kernel; may be repeated",
      String,
    ),
  )
  .addOption(plant())
  .addOption(known())
  .option("-o, --output <FILE>", "write the program to FILE, not to standard output");

export const diff = command("diff", {
  summary: "compare two runs of the same cases on two machines",
  description: `Compares two runs of the same cases on two machines, case by case, and reduces what differs to causes:
    rules that one of the kernels breaks. What both do alike, such as the faults of one emulator, is no difference.
    Nothing is tried. \`stublab fuzz --against RUN\` makes the run here and compares it.`,
  status:
    "0 if no outcome differs, except as the model predicts for the two machines; 1 if one does",
  examples: ["probe fuzz --outcomes --cases 30000 > new.log", "stublab fuzz diff old.log new.log"],
})
  .argument(
    "<A>",
    `two logs: files that \`stublab fuzz --outcomes\` has written, or consoles on which \`probe fuzz --outcomes\` has run,
    with the messages of the kernel in them; - is standard input`,
  )
  .argument("<B>", "a second log")
  .addOption(json("stublab.against/1"));

export const judge = command("judge", {
  summary: "compare a recording of a machine with the model",
  description: `Predicts each case of a recording by the machine that the recording describes, and compares the
    prediction with the recorded outcome. Nothing is tried, so a recording of any machine is judged on any other.`,
  status: `0 if every recorded outcome matches its prediction, 1 if one does not, 2 if the file is not a recording, 3 if
    the model for its architecture cannot be loaded here`,
  examples: [
    "stublab fuzz --cases 100000 --record mine.jsonl.gz",
    "stublab fuzz judge mine.jsonl.gz --plant R12",
  ],
})
  .argument(
    "<recording>",
    "a recording: a file of `stublab fuzz --record`, with or without gzip; - is standard input",
  )
  .addOption(plant())
  .addOption(json("stublab.judgement/1"));

export const merge = command("merge", {
  summary: "merge folders with parts of one run into a new folder",
  description: `Merges folders with parts of one run into a new folder. The result is the same as that of one machine,
    and the run can be continued from it.`,
  examples: ["stublab fuzz merge shard1 shard2 shard3 shard4 -o merged"],
})
  .argument("<dirs...>", "the folders to merge")
  .option("-o, --output <DIR>", "write to this folder, which must not exist")
  .addOption(json("stublab.fuzz-merge/1"));
