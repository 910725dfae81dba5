import { hex } from "../errors.ts";
import { object } from "../shape.ts";
import { PAGE_SIZE } from "./amd64.ts";
import { type ProcessFacts, readProcess } from "./proc.ts";
import { RSEQ_FLAG_UNREGISTER, readRseq } from "./rseq.ts";
import type { Stub } from "./stub.ts";

/** The signature of x86 (RSEQ_SIG in rseq-x86.h of the kernel selftests), and a length that every kernel accepts. */
const SIGNATURE = 0x53053053;
const LENGTH = 32;

/** One thing that has to be true of a stub, and what the kernel says. */
export interface Check {
  readonly name: string;
  readonly held: boolean;
  readonly expected: string;
  readonly seen: string;
  readonly pid: number;
}

/** What an examination found. */
export interface Examination {
  readonly facts: ProcessFacts;
  readonly registers: Record<string, bigint>;
  readonly checks: readonly Check[];
}

/**
 * Asks the kernel about a scrubbed stub: /proc, its registers by ptrace, and calls injected into it. The
 * stub is left as it was.
 *
 * @throws DeathError and its like where the stub does not live through it.
 */
export function examine(stub: Stub): Examination {
  object(stub, "stub");
  const { tracer } = stub;
  const facts = readProcess(stub.pid);
  const parentPid = stub.parent?.pid ?? process.pid;
  const answer = stub.call("getppid");
  const registers = stub.registers();
  const page = `${hex(BigInt(tracer.stubAddress))} r-xp`;
  const rows: [name: string, expected: string, seen: string][] = [
    ["parent", `${parentPid}`, `${facts.parentPid}`],
    ["getppid, injected", `${parentPid}`, `${answer}`],
    ["tracer", `${tracer.tid}`, `${facts.tracerTid}`],
    ["state", "t", facts.state],
    ["session", `${rootOf(stub).pid}`, `${facts.session}`],
    ["exit signal", tracer.signalName(stub.exitSignal), tracer.signalName(facts.exitSignal)],
    ["death signal", "SIGKILL", deathSignal(stub)],
    ["signals blocked", "0x0", hex(facts.blocked)],
    ["signals ignored", "0x0", hex(facts.ignored)],
    ["signals caught", "0x0", hex(facts.caught)],
    ["memory map", page, mapOf(facts)],
    ["resident", `${PAGE_SIZE / 1024} kB`, `${facts.residentBytes / 1024} kB`],
    ["rseq", "unregistered", hasRseq(stub) ? "registered" : "unregistered"],
    ["rip", hex(tracer.restAddress), hex(registers.rip ?? 0n)],
    ["r15", hex(BigInt(parentPid)), hex(registers.r15 ?? 0n)],
  ];
  const checks = rows.map(([name, expected, seen]) => {
    return { name, held: expected === seen, expected, seen, pid: stub.pid };
  });
  return { facts, registers, checks };
}

/** The stub that was forked from the host: its session is that of all that come from it. */
function rootOf(stub: Stub): Stub {
  return stub.parent === undefined ? stub : rootOf(stub.parent);
}

function mapOf({ mappings }: ProcessFacts): string {
  const pages = mappings.map(({ start, protection }) => `${hex(BigInt(start))} ${protection}`);
  return pages.length > 3 ? `${pages.length} mappings` : pages.join(", ");
}

/**
 * The name of the signal that a stub gets at its parent's end, or "none". prctl(PR_GET_PDEATHSIG) wants memory for
 * its answer: the stub gets a page for the while.
 */
export function deathSignal(stub: Stub): string {
  const { tracer } = stub;
  const page = stub.map(PAGE_SIZE);
  stub.call("prctl", tracer.flag("PR_GET_PDEATHSIG"), page);
  const answer = new DataView(stub.read(page, 4).buffer).getInt32(0, true);
  stub.call("munmap", page, PAGE_SIZE);
  return answer === 0 ? "none" : tracer.signalName(answer);
}

/** Whether a stub has anything registered: if the kernel does not report it, whether the stub can register a page. */
export function hasRseq(stub: Stub): boolean {
  const area = readRseq(stub.thread);
  if (area !== undefined) return area.address !== 0n;
  const page = stub.map(PAGE_SIZE);
  try {
    const { errno } = stub.inject("rseq", page, LENGTH, 0, SIGNATURE);
    if (errno === null) stub.call("rseq", page, LENGTH, RSEQ_FLAG_UNREGISTER, SIGNATURE);
    return errno !== null && errno !== "ENOSYS";
  } finally {
    stub.call("munmap", page, PAGE_SIZE);
  }
}
