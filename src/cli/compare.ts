import {
  FUNCTION_NAMES,
  type FunctionName,
  OPERATIONS,
  type Operation,
} from "../core/encoder/abi.ts";
import { parseNumber } from "../core/encoder/names.ts";
import { ARCHES, HOST_ARCH } from "../core/machine/index.ts";
import { type CompareOptions, compare } from "../labs/compare/compare.ts";
import { ENCODERS } from "../labs/compare/encoders/open.ts";
import { openSubjectsConfined } from "../labs/compare/open.ts";
import { renderComparePage } from "../labs/compare/page/page.ts";
import type { CompareReport } from "../labs/compare/report.ts";
import { InputError, OutputError } from "../lib/errors.ts";
import { nearest } from "../lib/nearest.ts";
import { parseArch } from "./arch.ts";
import { type Command, parseCommand, parseCount, parseSeed, UsageError } from "./command.ts";
import { outcomeOf, printComparison } from "./compare_text.ts";
import { endBetweenTurns } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { printJson, tell } from "./report.ts";

/** How many cases of each function the kernel judges for each encoder. */
const LIVE_CASES = 500;

const help = `usage: stublab compare [ENCODER…] [options]

Gives several encoders the same inputs, and reports where they differ: which field, which flag, the smallest input
that shows it, and which encoder is right. The reference is the system's headers (encoder native is compiled against
them). With --live the kernel is a second reference: the encoded registers are tried in real stubs.

ENCODER is assembly, script, native or gvisor (the decisions of the original), or a file of your own: a WebAssembly
module or an ES module that follows docs/encoder-abi.md. A file runs in a separate process, under a time limit.
Default: assembly, script, native.

  --encoder FILE    add an encoder to the ENCODERs; may be repeated
  --operation O     compare only this operation: ${OPERATIONS.slice(0, 7).join(", ")},
                    ${OPERATIONS.slice(7).join(", ")}, or one function of the ABI, such as
                    encodeClone; may be repeated
  --arch A          amd64 or arm64 (default: both)
  --seed N          seed of the random cases (default 1)
  --cases N         number of cases in all (default 1500000)
  --seconds N       stop after this time instead
  --case WORDS      one case of one function: NAME=NUMBER,…; words that are not named are 0
  --complete        fail if a function was not compared: one that an encoder lacks or that had no case, or with --live
                    one about which the kernel was not asked
  --live            also ask the kernel, for each disagreement and for ${LIVE_CASES} cases of each function
  --verbose         also print how much of the inputs the cases cover
  --html FILE       write the report as a web page
  --json            print one document, "stublab.compare/1"

Exit status: 0 if the encoders agree with each other and with the reference in everything that was compared, apart from
what differs by design and inputs that no kernel makes; 1 if one differs or fails; 2 if nothing was compared.

examples:
  stublab compare
  stublab compare gvisor --live
  stublab compare --encoder ./mine.wasm --html report.html
  stublab compare script --operation encodeClone --case flags=0x10000,exitSignal=17
`;

const OPTIONS = {
  encoder: { type: "string", multiple: true },
  operation: { type: "string", multiple: true },
  arch: { type: "string" },
  seed: { type: "string", default: "1" },
  cases: { type: "string" },
  seconds: { type: "string" },
  case: { type: "string" },
  complete: { type: "boolean", default: false },
  live: { type: "boolean", default: false },
  verbose: { type: "boolean", default: false },
  html: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

const MOST_CASES = 1e12;
const MOST_SECONDS = 1e6;

type Values = ReturnType<typeof parseCommand<typeof OPTIONS>>["values"];

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const limits = limitsOf(values);
  const named = positionals.length > 0 ? positionals : ENCODERS;
  const arches = values.arch === undefined ? ARCHES : [parseArch(values.arch)];
  if (values.html !== undefined) tryFile(values.html);
  using opened = await openSubjectsConfined(
    [...new Set([...named, ...(values.encoder ?? [])])],
    arches,
  );
  const progress = new Progress();
  const stopListening = endBetweenTurns();
  try {
    const { report } = await compare({
      ...opened,
      ...limits,
      seed: parseSeed(values.seed),
      ...(values.live ? { live: LIVE_CASES } : {}),
      progress: (share, cases) => progress.show(share, `${cases.toLocaleString("en")} cases`),
    });
    progress.clear();
    // From here on a signal ends the process, even while a slow reader blocks the report.
    stopListening();
    const outcome = outcomeOf(report);
    if (outcome === "nothing") throw nothingCompared(report);
    await publish(report, values, `stublab compare ${args.join(" ")}`);
    return outcome === "findings" || isIncomplete(report, values) ? 1 : 0;
  } finally {
    stopListening();
    progress.clear();
  }
}

async function publish(report: CompareReport, values: Values, command: string): Promise<void> {
  if (values.html !== undefined) await writeOutput(values.html, renderComparePage(report, command));
  if (values.json) printJson("stublab.compare/1", report);
  else tell(printComparison(report, values.verbose));
}

/** The options that select cases and limit the run. @throws UsageError, InputError */
function limitsOf(values: Values): Pick<CompareOptions, "only" | "input" | "cases" | "seconds"> {
  if (values.cases !== undefined && values.seconds !== undefined) {
    throw new UsageError("--cases and --seconds exclude each other");
  }
  const only = (values.operation ?? []).map(parseOperation);
  const { cases, seconds } = values;
  const limits = {
    ...(cases !== undefined && { cases: parseCount("--cases", cases, MOST_CASES, 1) }),
    ...(seconds !== undefined && { seconds: parseCount("--seconds", seconds, MOST_SECONDS, 1) }),
  };
  if (values.case === undefined) return only.length === 0 ? limits : { ...limits, only };
  const [name, ...others] = only;
  if (name === undefined || others.length > 0 || !isFunction(name)) {
    throw new UsageError("--case needs one function, named with --operation", {
      remedy: `functions: ${FUNCTION_NAMES.join(", ")}`,
    });
  }
  return { only, cases: 1, input: parseCase(values.case) };
}

/** Parses NAME=NUMBER,… to words by name. */
function parseCase(text: string): Map<string, bigint> {
  const words = new Map<string, bigint>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    const word = parseNumber(value);
    if (word === undefined) {
      throw new InputError(`--case: expected NAME=NUMBER,…, got "${part}"`);
    }
    words.set(name, BigInt.asUintN(64, word));
  }
  return words;
}

function isFunction(name: string): name is FunctionName {
  return FUNCTION_NAMES.some((known) => known === name);
}

function isOperation(name: string): name is Operation {
  return OPERATIONS.some((known) => known === name);
}

function parseOperation(name: string): Operation | FunctionName {
  if (isOperation(name) || isFunction(name)) return name;
  const near = nearest(name, [...OPERATIONS, ...FUNCTION_NAMES]);
  throw new InputError(
    `unknown operation "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    { remedy: `operations: ${OPERATIONS.join(", ")}` },
  );
}

function isIncomplete(report: CompareReport, { complete, live }: Values): boolean {
  const unasked = live && report.functions.some(({ arch }) => arch !== HOST_ARCH);
  return complete && (report.uncompared.length > 0 || unasked);
}

function nothingCompared({ encoders, notes }: CompareReport): UsageError {
  const isReference = encoders.some(({ name }) => name === "native");
  const why = isReference ? ["native is the reference"] : notes;
  return new UsageError(["nothing was compared", ...why].join(": "), {
    remedy: "name another encoder to compare",
  });
}

/** Fails before minutes of work if the file cannot be written. */
function tryFile(path: string): void {
  try {
    checkOutput(path);
  } catch (cause) {
    if (!(cause instanceof OutputError)) throw cause;
    throw new InputError(`--html ${cause.message}`, { cause });
  }
}

export const compareCommand: Command = { help, run };
