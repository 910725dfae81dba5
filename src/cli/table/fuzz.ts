import { Option } from "@commander-js/extra-typings";
import type { Path } from "../../labs/fuzz/draw/arch.ts";
import type { KnownName } from "../../labs/fuzz/known/arch.ts";
import type { Shard } from "../../labs/fuzz/run/state.ts";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
import { apart, cases, choice, count, json, repeated, seconds, seed } from "./options.ts";

const PATHS = ["ptrace", "sigreturn", "both"] as const satisfies readonly Path[];
const KNOWN = ["qemu-tcg"] as const satisfies readonly KnownName[];

/** What commands that try or predict one setup are given. */
export const CASE =
  'a case: a file "stublab.case/1", the folder of a finding, or - for standard input';

export const plant = () =>
  new Option(
    "--plant <RULE>",
    "plant a bug in the model: R12 removes a rule, W7.FLAG_MASK=0 alters it",
  );

export const known = () =>
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
/** One that is repeated has both. */
const AGAIN = [...ALONE, "seed", "path"];

export const fuzz = command("fuzz", {
  summary: "throw register setups at the kernel, and judge the outcomes",
  description: `Writes register setups into real stubs, and compares what the kernel and the processor do with the
    predictions of a model. Each setup depends on the seed and its number. Ctrl-C ends the run after the rounds under
    way; a second Ctrl-C ends it at once. docs/fuzzing.md is the reference, docs/fuzzing-tutorial.md an introduction.`,
  status: "0 if every outcome is as predicted, 1 if one is not, 3 if this machine cannot do it",
  examples: ["stublab fuzz --seconds 60", "stublab fuzz --seed 7 --corpus run7 --workers 4"],
})
  .addOption(seed("seed of the random cases (default: that of the folder, or 1)"))
  .addOption(choice("--path <P>", "how registers are written (default: both)", "path", PATHS))
  .option("--focus <RULE>", "draw most cases near those that use a rule of the model, such as R12")
  .addOption(cases("cases in all (default 1000000)"))
  .addOption(seconds("stop after N seconds instead, between rounds"))
  .option("--corpus <DIR>", "keep log and findings in a folder; continue the run that it has")
  .addOption(count("--workers <N>", "processes, each on its own processor", 256, 1).default(1))
  .option("--shard <I/N>", "try only a part of the run, for `fuzz merge`", parseShard)
  .addOption(plant())
  .addOption(known())
  .option("--record <FILE>", "write a case of each kind with its outcome, for `fuzz judge`")
  .addOption(apart("--outcomes <FILE>", "write which outcomes contradict their predictions", ALONE))
  .addOption(apart("--against <RUN>", "repeat such a run, and report what differs", AGAIN))
  .addOption(json("stublab.fuzz/1"));

/** A command that tries a case. */
const tries = (name: string, texts: Parameters<typeof command>[1]) =>
  command(name, texts).argument("<case>", CASE).addOption(plant()).addOption(known());

export const replay = tries("replay", {
  summary: "try a register setup in a new stub, and show the prediction next to the outcome",
  description: `Tries a register setup in a new stub, and shows what the model predicts, what was seen, and the rules
    that apply.`,
  status: "0 if the outcome matches the prediction, 1 if it differs, 3 if it cannot be tried here",
  examples: ["stublab fuzz replay findings/1f2e3d4c --json | jq .differences"],
}).addOption(json("stublab.replay/1"));

export const minimize = tries("minimize", {
  summary: "reduce a register setup to the smallest one that differs in the same field",
  description: `Tries smaller setups in stubs, and prints the smallest one whose outcome differs from its prediction in
    the same field; if none differs, the smallest one with the same kind of outcome.`,
  examples: ["stublab fuzz minimize found.json -o small.json"],
}).option("-o, --output <FILE>", "write the case to FILE, not to standard output");

/** c and kselftest are one program, with two reports. */
const FORMS = ["c", "kselftest", "processor", "bisect", "report"] as const;

export const exporting = command("export", {
  summary: "write a C program or a report about a register setup",
  description: `Tries a register setup, and writes a C program that tries it without Node.js or stublab; the same as a
    selftest, for tools/testing/selftests/x86 of a tree of the kernel; or a folder with a report and all that repeats
    it. \`processor\`, a C program that asks the processor what rules say about it, and \`bisect\`, the script of a report
    for \`git bisect run\`, take no case.`,
  status:
    "of the program: 0 if the outcome is that seen here, or as predicted for a selftest, else 1",
  examples: [
    "stublab fuzz export case.json -o repro.c && cc -o repro repro.c && ./repro",
    "stublab fuzz export case.json --as report -o restart --seen linux-5.10.log",
  ],
})
  .argument("[case]", CASE)
  .addOption(choice("--as <FORM>", "what to write", "form", FORMS).default("c" as const))
  .addOption(
    repeated("--seen <LOG>", "for the report: what `probe replay` prints elsewhere", String),
  )
  .addOption(plant())
  .addOption(known())
  .option(
    "-o, --output <FILE>",
    "write to FILE, or to a folder for a report; not to standard output",
  );

export const diff = command("diff", {
  summary: "compare two runs of the same cases on two machines, or one with the model",
  description: `Compares two runs case by case, and reduces what differs to causes: rules that one of the kernels
    breaks. What both do alike, such as the faults of one emulator, is not reported. A single run is compared with the
    model. Nothing is tried. A log is a file of \`stublab fuzz --outcomes\`, or a console of \`probe fuzz --outcomes\`
    with the messages of the kernel in it.`,
  status: "0 if no outcome differs, except as predicted for the two machines; 1 if one does",
  examples: ["stublab fuzz diff old.log new.log"],
})
  .argument("<A>", "a log: - is standard input")
  .argument("[B]", "a second log")
  .addOption(json("stublab.against/1"));

export const judge = command("judge", {
  summary: "compare a recording of a machine with the model",
  description: `Predicts each case of a recording by the machine that the recording describes, and compares the
    prediction with the recorded outcome. Nothing is tried, so a recording of any machine is judged on any other.`,
  status:
    "0 if every recorded outcome is as predicted, 1 if one is not, 2 if it is not a recording",
  examples: ["stublab fuzz judge mine.jsonl.gz --plant R12"],
})
  .argument("<recording>", "a recording: of `stublab fuzz --record`, or - for standard input")
  .addOption(plant())
  .addOption(json("stublab.judgement/1"));

export const merge = command("merge", {
  summary: "merge folders with parts of one run into a new folder",
  description: "The result is that of one machine, and the run can be continued from it.",
  examples: ["stublab fuzz merge shard1 shard2 shard3 shard4 -o merged"],
})
  .argument("<dirs...>", "the folders to merge")
  .option("-o, --output <DIR>", "write to this folder, which must not exist")
  .addOption(json("stublab.fuzz-merge/1"));
