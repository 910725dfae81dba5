import { existsSync } from "node:fs";
import { pathOf } from "../core/shim/shim.ts";
import { choose } from "../labs/bench/choose.ts";
import { schedulingPolicy } from "../labs/bench/machine.ts";
import { measure } from "../labs/bench/measure.ts";
import { GROUPS, MECHANISMS } from "../labs/bench/mechanisms.ts";
import { renderBenchPage } from "../labs/bench/page.ts";
import { benchDocument, type Report } from "../labs/bench/report.ts";
import { openSide } from "../labs/bench/side.ts";
import { InputError, REBUILD, UnsupportedError } from "../lib/errors.ts";
import { benchText, listText } from "./bench_text.ts";
import { type Command, parseCommand, parseCount } from "./command.ts";
import { finishing } from "./interruption.ts";
import { checkOutput, writeOutput } from "./output_file.ts";
import { Progress } from "./progress.ts";
import { printJson, tell } from "./report.ts";

/** Batches of each mechanism, in a run of about a minute. */
const ROUNDS = 60;
const WARM_UP = 15;
/** Of a batch. */
const MILLISECONDS = 10;
const MOST_ROUNDS = 100_000;

const help = `usage: stublab bench [NAME…] [options]

Measures what each way to drive another process costs on this machine: the lanes of stublab, the same in plain C, other
mechanisms of the kernel, and the floor below them. All take turns, batch by batch, bound to one processor; so the
ratios hold elsewhere too, if nothing else runs. A run that other work disturbed is reported as noisy.

NAME is a mechanism or a group of them: ${GROUPS.map(({ name }) => name).join(", ")}. Default: all, in about a minute.

  --list       list the mechanisms, with the system calls that each makes
  --rounds N   batches of each mechanism (default ${ROUNDS})
  --html FILE  write a web page
  --json       print one document, "stublab.bench/1"

What this machine or this version of the library refuses is skipped, with the reason. Ctrl-C ends the run: what was
measured is reported.

Exit status: 0; 3 if nothing could be measured; 130 after Ctrl-C.

examples:
  stublab bench
  stublab bench call switch --html bench.html
  stublab bench call-fast --rounds 200 --json
`;

const OPTIONS = {
  list: { type: "boolean", default: false },
  rounds: { type: "string" },
  html: { type: "string" },
  json: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof parseCommand<typeof OPTIONS>>["values"];

async function run(args: readonly string[]): Promise<number> {
  const { values, positionals } = parseCommand(args, OPTIONS);
  const mechanisms = choose(positionals, GROUPS, MECHANISMS);
  if (values.list) {
    tell(listText(GROUPS, mechanisms));
    return 0;
  }
  const rounds = values.rounds === undefined ? ROUNDS : parseRounds(values.rounds);
  if (values.html !== undefined) checkOutput(values.html);
  expectProgram();
  const command = `stublab bench ${args.join(" ")}`.trim();
  const progress = new Progress();
  const report = await finishing(async (interrupted) => {
    const measured = await measure({
      groups: GROUPS,
      mechanisms,
      open: openSide,
      rounds,
      warmUp: WARM_UP,
      duration: MILLISECONDS,
      interrupted,
      progress: (share, text) => progress.show(share, text),
    });
    progress.clear();
    // Otherwise it is reported where a signal ends this process at once: a FIFO may have no reader.
    if (interrupted.aborted) await publish(measured, values, command);
    return measured;
  });
  await publish(report, values, command);
  return report.results.every(({ microseconds }) => microseconds === undefined) ? 3 : 0;
}

async function publish(report: Report, values: Values, command: string): Promise<void> {
  if (values.html !== undefined) await writeOutput(values.html, renderBenchPage(report, command));
  if (values.json) printJson("stublab.bench/1", benchDocument(report));
  else tell(benchText(report));
}

function parseRounds(text: string): number {
  const rounds = parseCount("--rounds", text, MOST_ROUNDS);
  if (rounds === 0) throw new InputError("--rounds: at least one round is needed");
  return rounds;
}

/** @throws UnsupportedError if the C side cannot run here, or would starve the machine */
function expectProgram(): void {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new UnsupportedError(
      `stublab measures on Linux on x86-64, and this is ${process.platform} ${process.arch}`,
    );
  }
  if (schedulingPolicy() !== 0) {
    throw new UnsupportedError("sides that spin would starve the machine at a real-time priority", {
      remedy: "run it without chrt",
    });
  }
  const path = pathOf("bench-amd64");
  if (!existsSync(path)) throw new UnsupportedError(`${path} is missing`, { remedy: REBUILD });
}

export const benchCommand: Command = { help, run };
