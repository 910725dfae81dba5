import { type Examination, examine } from "../core/stub/examine.ts";
import type { Stub } from "../core/stub/stub.ts";
import { Tracer } from "../core/stub/tracer.ts";
import { type Check, checkRow, countOf, exitStatus } from "../lib/check.ts";
import { DeathError, hex } from "../lib/errors.ts";
import { endCommand } from "../sandbox/channel.ts";
import { openEncoderWatched } from "./encoder.ts";
import { paint, printJson, reportError, talk, tell } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { bootstrap } from "./table/stubs.ts";

/** How often --hold checks its stubs. */
const WATCH_MILLISECONDS = 100;

/**
 * How long the command may take with a user's encoder, in milliseconds: a fixed time, plus a time for each grandchild.
 */
const LIMIT = 10_000;
const LIMIT_OF_EACH = 20;

interface Examined {
  stub: Stub;
  role: "master" | "grandchild";
  examination: Examination;
}

export async function runBootstrap(values: Values<typeof bootstrap>): Promise<number> {
  const { grandchildren } = values;
  const limit = values.hold ? Number.POSITIVE_INFINITY : LIMIT + grandchildren * LIMIT_OF_EACH;
  using tracer = new Tracer({ encoder: await openEncoderWatched(values.encoder, limit) });
  const exitSignal = tracer.parseExitSignal(values.exitSignal);
  const family = familyOf(tracer, exitSignal, grandchildren);
  if (values.json) printDocument(tracer, family);
  else printFamily(tracer, family, exitSignal);
  if (values.hold) await hold(tracer);
  return exitStatus(checksOf(family));
}

function familyOf(tracer: Tracer, exitSignal: number, count: number): Examined[] {
  const master = tracer.createStub({ exitSignal });
  master.scrub();
  const grandchildren = Array.from({ length: count }, () => master.createStub());
  return [master, ...grandchildren].map((stub) => {
    const role = stub === master ? "master" : "grandchild";
    return { stub, role, examination: examine(stub) };
  });
}

function checksOf(family: readonly Examined[]): Check[] {
  return family.flatMap(({ examination }) => examination.checks);
}

function printDocument(tracer: Tracer, family: readonly Examined[]): void {
  printJson("stublab.bootstrap/1", {
    encoder: tracer.encoder.name,
    arch: tracer.encoder.arch,
    host: { pid: process.pid, tid: tracer.tid },
    stubs: family.map(({ stub, role, examination: { facts, registers } }) => ({
      role,
      pid: stub.pid,
      parentPid: facts.parentPid,
      tracerTid: facts.tracerTid,
      stubAddress: BigInt(tracer.stubAddress),
      registers,
      residentBytes: facts.residentBytes,
      microseconds: stub.microseconds,
    })),
    checks: family.flatMap(({ stub: { pid }, examination }) =>
      examination.checks.map((check) => ({ name: check.name, ...checkRow(check), pid })),
    ),
  });
}

function printFamily(tracer: Tracer, family: readonly Examined[], exitSignal: number): void {
  const lines = [
    `encoder ${tracer.encoder.name}, exit signal ${tracer.signalName(exitSignal)}, ` +
      `stub code at ${hex(BigInt(tracer.stubAddress))}`,
    "",
    `host ${process.pid}`,
    ...family.map((member, i) => treeLine(member, i === family.length - 1)),
    "",
  ];
  const checks = family.flatMap(({ stub, role, examination }) => [
    paint("bold", `${`${role} ${stub.pid}`.padEnd(25)}${"expected".padEnd(22)}seen`),
    ...examination.checks.map(checkLine),
  ]);
  const all = checksOf(family);
  const held = countOf(all, "held");
  const sum = `${held} of ${all.length} checks held`;
  lines.push(...checks, "", held === all.length ? sum : paint("red", sum));
  tell(`${lines.join("\n")}\n`);
}

function treeLine({ stub, role, examination }: Examined, last: boolean): string {
  const branch = role === "master" ? "└─ " : last ? "   └─ " : "   ├─ ";
  const { facts } = examination;
  const size = `${facts.residentBytes / 1024} kB`;
  return `${`${branch}${role} ${stub.pid}`.padEnd(26)} ${size}, born in ${stub.microseconds} µs`;
}

function checkLine({ name, status, expected, seen }: Check): string {
  const mark = status === "held" ? paint("green", "ok  ") : paint("red", "FAIL");
  return `  ${mark} ${name.padEnd(17)} ${expected.padEnd(21)} ${seen}`;
}

/** Waits for Ctrl-C, whose default disposition ends this process; EXITKILL then ends the stubs. */
async function hold(tracer: Tracer): Promise<never> {
  talk("holding the stubs; press Ctrl-C to end\n");
  return new Promise((_, reject) => {
    setInterval(() => {
      for (const stub of [...tracer.stubs.values()].reverse()) {
        try {
          stub.poll();
        } catch (error) {
          if (!(error instanceof DeathError)) return reject(error);
          reportError(error, false);
        }
      }
      if (tracer.stubs.size === 0) endCommand(1);
    }, WATCH_MILLISECONDS);
  });
}
