import { Option } from "@commander-js/extra-typings";
import { FUNCTION_NAMES, OPERATIONS } from "../../core/encoder/abi.ts";
import { parseNumber } from "../../core/encoder/names.ts";
import { InputError } from "../../lib/errors.ts";
import { command } from "./command.ts";
import { arch, count, json, MOST_CASES, MOST_SECONDS, oneOf, repeated, seed } from "./options.ts";

/** How many cases of each function the kernel judges for each encoder. */
export const LIVE_CASES = 500;

/** Parses NAME=NUMBER,… to words by name. @throws InputError */
function parseWords(text: string): ReadonlyMap<string, bigint> {
  const words = new Map<string, bigint>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    const word = parseNumber(value);
    if (word === undefined) throw new InputError(`--case: expected NAME=NUMBER,…, got "${part}"`);
    words.set(name, BigInt.asUintN(64, word));
  }
  return words;
}

export const compare = command("compare", {
  summary: "compare encoders: which is right, and where the others differ",
  description: `Gives several encoders the same inputs, and reports where they differ: which field, which flag, the
    smallest input that shows it, and which encoder is right. The reference is the system's headers (encoder native is
    compiled against them). With --live the kernel is a second reference: the encoded registers are tried in real stubs.`,
  status: `0 if the encoders agree with each other and with the reference in everything that was compared, apart from
    what differs by design and inputs that no kernel makes; 1 if one differs or fails; 2 if nothing was compared`,
  examples: [
    "stublab compare",
    "stublab compare gvisor --live",
    "stublab compare --encoder ./mine.wasm --html report.html",
    "stublab compare script --operation encodeClone --case flags=0x10000,exitSignal=17",
  ],
})
  .argument(
    "[encoder...]",
    `assembly, script, native, gvisor (the decisions of the original), or a file of your own, which runs in a separate
    process: a WebAssembly or ES module that follows docs/encoder-abi.md (default assembly script native)`,
  )
  .addOption(repeated("--encoder <FILE>", "add an encoder to these; may be repeated", String))
  .addOption(
    repeated(
      "--operation <O>",
      `compare only this operation: ${OPERATIONS.join(", ")}; or one function, such as encodeClone; may be repeated`,
      oneOf("operation", [...OPERATIONS, ...FUNCTION_NAMES]),
    ),
  )
  .addOption(arch("--arch <A>", "compare for one architecture"))
  .addOption(seed("--seed <N>", "seed of the random cases").default(1n))
  .addOption(
    count("--cases <N>", "number of cases in all (default 1500000)", MOST_CASES, 1).conflicts(
      "seconds",
    ),
  )
  .addOption(count("--seconds <N>", "stop after this time instead", MOST_SECONDS, 1))
  .addOption(
    new Option(
      "--case <WORDS>",
      "one case of one function: NAME=NUMBER,…; words that are not named are 0",
    ).argParser(parseWords),
  )
  .option(
    "--complete",
    `fail if a function was not compared: one that an encoder lacks or that had no case, or with --live one about
    which the kernel was not asked`,
  )
  .option(
    "--live",
    `also ask the kernel, for each disagreement and for ${LIVE_CASES} cases of each function`,
  )
  .option("--verbose", "also print how much of the inputs the cases cover")
  .option("--html <FILE>", "write the report as a web page")
  .addOption(json("stublab.compare/1"));
