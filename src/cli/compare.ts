import { type CompareOptions, compare } from "../compare/compare.ts";
import { openSubjects } from "../compare/open.ts";
import { renderComparePage } from "../compare/page/page.ts";
import type { CompareReport } from "../compare/report.ts";
import { FUNCTION_NAMES, type FunctionName, OPERATIONS, type Operation } from "../encoder/abi.ts";
import { ARCHES, type Arch } from "../encoder/arch.ts";
import { parseNumber } from "../encoder/names.ts";
import { ENCODERS } from "../encoder/open.ts";
import { InputError, OutputError } from "../errors.ts";
import { nearest } from "../nearest.ts";
import { type Command, parseCommand, parseCount, parseSeed, UsageError } from "./command.ts";
import { printComparison } from "./compare_text.ts";
import { endBetweenTurns } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { printJson, tell } from "./report.ts";

/** Cases of each function that the kernel judges, for each encoder. */
const LIVE_CASES = 500;

const help = `usage: stublab compare [ENCODER…] [options]

Gives several encoders the same inputs, and reports where they differ: which field, which flag, the smallest input
that shows it, and which encoder is right. The reference is the system's headers (encoder native is compiled against
them); with --live it is also the kernel, asked in real stubs.

ENCODER is assembly, script, native or gvisor (the decisions of the original), or a file of your own: a
WebAssembly or an ES module that follows docs/encoder-abi.md. It runs in a process of its own, under a time limit.
Without ENCODERs: assembly, script, native.

  --encoder FILE    one more encoder, beside the ENCODERs
  --operation O     only this: ${OPERATIONS.slice(0, 7).join(", ")},
                    ${OPERATIONS.slice(7).join(", ")}, or one function of the ABI, such as
                    encodeClone; may be repeated
  --arch A          amd64 or arm64 (default: both)
  --seed N          another seed draws other cases (default 1)
  --cases N         how many cases in all (default 1000000)
  --seconds N       or how long
  --case WORDS      one case of one function: NAME=NUMBER,…; words that are not named are 0
  --live            also ask the kernel: about each disagreement, and ${LIVE_CASES} cases of each function
  --html FILE       write the report as a page
  --json            one document, "stublab.compare/1"

Exit status: 0 if all encoders agree with each other and with the reference, 1 if one does not, or did not answer.

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
  live: { type: "boolean", default: false },
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
  using opened = await openSubjects([...new Set([...named, ...(values.encoder ?? [])])], arches);
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
    // A slow reader of the report must not keep a signal from ending the process.
    stopListening();
    await publish(report, values, `stublab compare ${args.join(" ")}`);
    return foundNothing(report) ? 0 : 1;
  } finally {
    stopListening();
    progress.clear();
  }
}

async function publish(report: CompareReport, values: Values, command: string): Promise<void> {
  if (values.html !== undefined) await writeOutput(values.html, renderComparePage(report, command));
  if (values.json) printJson("stublab.compare/1", report);
  else tell(printComparison(report));
}

/** What is compared, and when it ends. */
function limitsOf(values: Values): Pick<CompareOptions, "only" | "input" | "cases" | "seconds"> {
  if (values.cases !== undefined && values.seconds !== undefined) {
    throw new UsageError("--cases and --seconds exclude each other");
  }
  const only = (values.operation ?? []).map(parseOperation);
  const { cases, seconds } = values;
  const limits = {
    ...(cases !== undefined && { cases: parseCount("--cases", cases, MOST_CASES) }),
    ...(seconds !== undefined && { seconds: parseCount("--seconds", seconds, MOST_SECONDS) }),
  };
  if (values.case === undefined) return only.length === 0 ? limits : { ...limits, only };
  const [name, ...others] = only;
  if (name === undefined || others.length > 0 || !isFunction(name)) {
    throw new UsageError("--case is for one function, which --operation names", {
      remedy: `functions: ${FUNCTION_NAMES.join(", ")}`,
    });
  }
  return { only, cases: 1, input: parseCase(values.case) };
}

/** NAME=NUMBER,… as words by name. */
function parseCase(text: string): Map<string, bigint> {
  const words = new Map<string, bigint>();
  for (const part of text.split(",").filter((each) => each !== "")) {
    const [name = "", value = ""] = part.split("=");
    const word = parseNumber(value);
    if (word === undefined) {
      throw new InputError(`--case takes NAME=NUMBER,…, not "${part}"`);
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
    `there is no operation "${name}"${near === undefined ? "" : `; did you mean ${near}?`}`,
    { remedy: `operations: ${OPERATIONS.join(", ")}` },
  );
}

function parseArch(name: string): Arch {
  const arch = ARCHES.find((known) => known === name);
  if (arch !== undefined) return arch;
  throw new InputError(`there is no architecture "${name}"`, {
    remedy: `choose one of ${ARCHES.join(", ")}`,
  });
}

function foundNothing(report: CompareReport): boolean {
  return (
    report.disagreements.length === 0 &&
    report.broken.length === 0 &&
    report.functions.every(({ pairs }) => pairs.every(({ disagreed }) => disagreed === 0)) &&
    report.live.every(({ failures }) => failures.length === 0)
  );
}

/** Refuses a file that cannot be written before minutes of work. */
function tryFile(path: string): void {
  try {
    checkOutput(path);
  } catch (cause) {
    if (!(cause instanceof OutputError)) throw cause;
    throw new InputError(`--html ${cause.message}`, { cause });
  }
}

export const compareCommand: Command = { help, run };
