import { Option } from "@commander-js/extra-typings";
import type { Path } from "../../labs/fuzz/draw/arch.ts";
import type { KnownName } from "../../labs/fuzz/known/arch.ts";
import type { Shard } from "../../labs/fuzz/run/state.ts";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
import { apart, cases, choice, count, json, repeated, seconds, seed } from "./options.ts";

/** Walks of tasks have no registers: they are a run of their own. */
const PATHS = ["ptrace", "sigreturn", "both", "tasks"] as const satisfies readonly (
  | Path
  | "tasks"
)[];
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

export const fuzz = command("fuzz")
  .addOption(seed("seed of the random cases (default: that of the folder, or 1)"))
  .addOption(
    choice("--path <P>", "how registers are written (default: both); tasks: walks", "path", PATHS),
  )
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
const tries = (name: string) =>
  command(name).argument("<case>", CASE).addOption(plant()).addOption(known());

export const replay = tries("replay").addOption(json("stublab.replay/1"));

export const minimize = tries("minimize").option(
  "-o, --output <FILE>",
  "write the case to FILE, not to standard output",
);

/** c and kselftest are one program, with two reports. */
const FORMS = ["c", "kselftest", "processor", "bisect", "report"] as const;

export const exporting = command("export")
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

export const diff = command("diff")
  .argument("<A>", "a log: - is standard input")
  .argument("[B]", "a second log")
  .addOption(json("stublab.against/1"));

export const judge = command("judge")
  .argument("<recording>", "a recording: of `stublab fuzz --record`, or - for standard input")
  .addOption(plant())
  .addOption(json("stublab.judgement/1"));

export const merge = command("merge")
  .argument("<dirs...>", "the folders to merge")
  .option("-o, --output <DIR>", "write to this folder, which must not exist")
  .addOption(json("stublab.fuzz-merge/1"));
