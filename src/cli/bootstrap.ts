import type { Stub } from "../core/stub/stub.ts";
import { Tracer } from "../core/stub/tracer.ts";
import { type Examination, examine } from "../labs/record/examine.ts";
import { type Check, checkRow, countOf, exitStatus } from "../lib/check.ts";
import { DeathError, hex } from "../lib/errors.ts";
import { endCommand } from "../sandbox/channel.ts";
import { openEncoderWatched } from "./encoder.ts";
import { paint, publish, reportError, talk } from "./report.ts";
import type { Values } from "./table/command.ts";
import type { bootstrap } from "./table/stubs.ts";

/** How often --hold checks its stubs. */
const WATCH_MILLISECONDS = 100;

/** How long it may take with a user's encoder, in milliseconds: a fixed time, plus a time for each grandchild. */
const LIMIT = 10_000;
const LIMIT_OF_EACH = 20;

interface Member extends Examination {
  readonly stub: Stub;
  readonly role: "master" | "grandchild";
}

export async function runBootstrap(values: Values<typeof bootstrap>): Promise<number> {
  const { grandchildren, hold, json } = values;
  const limit = hold ? Number.POSITIVE_INFINITY : LIMIT + grandchildren * LIMIT_OF_EACH;
  using tracer = new Tracer({ encoder: await openEncoderWatched(values.encoder, limit) });
  const exitSignal = tracer.host.parseExitSignal(values.exitSignal);
  const master = tracer.createStub({ exitSignal });
  master.scrub();
  const stubs = [master, ...Array.from({ length: grandchildren }, () => master.createStub())];
  const family = stubs.map((stub): Member => {
    const role = stub === master ? "master" : "grandchild";
    return { stub, role, ...examine(stub) };
  });
  const text = familyText(tracer, family, exitSignal);
  publish(json, "stublab.bootstrap/1", documentOf(tracer, family), text);
  if (hold) await watch(tracer);
  return exitStatus(family.flatMap(({ checks }) => checks));
}

function documentOf(tracer: Tracer, family: readonly Member[]) {
  return {
    encoder: tracer.host.encoder.name,
    arch: tracer.host.encoder.arch,
    host: { pid: process.pid, tid: tracer.host.tid },
    stubs: family.map(({ stub, role, registers, facts }) => ({
      role,
      pid: stub.pid,
      parentPid: facts.parentPid,
      tracerTid: facts.tracerTid,
      stubAddress: BigInt(tracer.host.stubAddress),
      registers,
      residentBytes: facts.residentBytes,
      microseconds: stub.microseconds,
    })),
    checks: family.flatMap(({ stub: { pid }, checks }) =>
      checks.map((check) => ({ name: check.name, ...checkRow(check), pid })),
    ),
  };
}

function familyText(tracer: Tracer, family: readonly Member[], exitSignal: number): string {
  const all = family.flatMap(({ checks }) => checks);
  const held = countOf(all, "held");
  const sum = `${held} of ${all.length} checks held`;
  return [
    `encoder ${tracer.host.encoder.name}, exit signal ${tracer.host.signalName(exitSignal)}, ` +
      `stub code at ${hex(BigInt(tracer.host.stubAddress))}`,
    `\nhost ${process.pid}`,
    ...family.map((member) => treeLine(member, member === family.at(-1))),
    "",
    ...family.flatMap(({ stub, role, checks }) => [
      paint("bold", `${`${role} ${stub.pid}`.padEnd(25)}${"expected".padEnd(22)}seen`),
      ...checks.map(checkLine),
    ]),
    `\n${held === all.length ? sum : paint("red", sum)}\n`,
  ].join("\n");
}

function treeLine({ stub, role, facts }: Member, isLast: boolean): string {
  const branch = role === "master" ? "└─ " : isLast ? "   └─ " : "   ├─ ";
  const size = `${facts.residentBytes / 1024} kB`;
  return `${`${branch}${role} ${stub.pid}`.padEnd(26)} ${size}, born in ${stub.microseconds} µs`;
}

function checkLine({ name, status, expected, seen }: Check): string {
  const mark = status === "held" ? paint("green", "ok  ") : paint("red", "FAIL");
  return `  ${mark} ${name.padEnd(17)} ${expected.padEnd(21)} ${seen}`;
}

/** Waits for Ctrl-C, whose default disposition ends this process; EXITKILL then ends the stubs. */
async function watch(tracer: Tracer): Promise<never> {
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
