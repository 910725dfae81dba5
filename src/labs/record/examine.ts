import { HOST_MACHINE } from "../../core/machine/index.ts";
import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { type RseqArea, readRseq } from "../../core/stub/birth.ts";
import { RSEQ_FLAG_UNREGISTER } from "../../core/stub/filter.ts";
import { inject } from "../../core/stub/injection.ts";
import { type ProcessFacts, readProc, readProcess, statusLines } from "../../core/stub/proc.ts";
import { Stub } from "../../core/stub/stub.ts";
import type { Thread } from "../../core/stub/tracee.ts";
import { type Check, check } from "../../lib/check.ts";
import { hex, UnsupportedError } from "../../lib/errors.ts";
import { instance } from "../../lib/shape.ts";

/** A length that every kernel accepts. */
const RSEQ_LENGTH = 32;

/** The result of an examination: what the kernel reports, and the properties that a stub must have. */
export interface Examination {
  readonly facts: ProcessFacts;
  readonly registers: Record<string, bigint>;
  readonly checks: readonly Check[];
}

/**
 * Examines a scrubbed stub: /proc, its registers by ptrace, and the results of injected calls. Leaves the stub as it
 * was. What its filter forbids to ask is skipped, and so is what the lane "fast" keeps in it.
 *
 * @throws DeathError, StateError, and what `Stub.inject` throws.
 */
export function examine(stub: Stub): Examination {
  instance(Stub, "a Stub")(stub, "stub");
  const { tracer, thread } = stub;
  stub.injector.unmap?.();
  thread.makeStopped();
  const facts = readProcess(stub.pid);
  const parentPid = stub.parent?.pid ?? process.pid;
  const { word: answer } = inject(thread, tracer.flag("SYS_getppid"), []);
  const registers = stub.registers();
  const { extras } = stub;
  const filter =
    extras === undefined && isFiltered(stub) ? "its filter forbids to ask for it" : undefined;
  const session = stub.inSession ? readProcess(process.pid).session : stub.leader.pid;
  const death = stub.hasDeathSignal || extras !== undefined ? "SIGKILL" : "none";
  const kilobytes = (bytes: number) => `${bytes / 1024} kB`;
  const rows: Row[] = [
    ["parent", `${parentPid}`, () => `${facts.parentPid}`],
    ["getppid, injected", `${parentPid}`, () => `${answer}`],
    ["tracer", `${tracer.tid}`, () => `${facts.tracerTid}`],
    ["state", "t", () => facts.state],
    ["session", `${session}`, () => `${facts.session}`],
    ["exit signal", tracer.signalName(stub.exitSignal), () => tracer.signalName(facts.exitSignal)],
    ["death signal", death, () => deathSignal(stub), filter],
    ["signals blocked", "0x0", () => hex(facts.blocked)],
    ["signals ignored", "0x0", () => hex(facts.ignored)],
    ["signals caught", "0x0", () => hex(facts.caught), extras],
    ["memory map", `${hex(BigInt(tracer.stubAddress))} r-xp`, () => mapOf(facts), extras],
    ["resident", kilobytes(PAGE_SIZE), () => kilobytes(facts.residentBytes), extras],
    [
      "rseq",
      "unregistered",
      () => (hasRseq(stub) ? "registered" : "unregistered"),
      readRseq(thread) === undefined ? filter : undefined,
    ],
    [
      HOST_MACHINE.instructionPointer,
      hex(tracer.restAddress),
      () => hex(registers[HOST_MACHINE.instructionPointer] ?? 0n),
    ],
    [HOST_MACHINE.parent, hex(BigInt(parentPid)), () => hex(registers[HOST_MACHINE.parent] ?? 0n)],
  ];
  return { facts, registers, checks: rows.map((row) => examined(...row)) };
}

/** A property of a stub; `obstacle` is why it cannot be examined, or would be another here. */
type Row = [name: string, expected: string, see: () => string, obstacle?: string | undefined];

function examined(...[name, expected, see, obstacle]: Row): Check {
  if (obstacle === undefined) return check(name, expected, see());
  return { name, status: "skipped", expected, seen: "not examined", reason: obstacle };
}

/** Whether its system calls are filtered. */
function isFiltered({ pid }: Stub): boolean {
  return statusLines(readProc(`/proc/${pid}/status`))("Seccomp") === "2";
}

function mapOf({ mappings }: ProcessFacts): string {
  const pages = mappings.map(({ start, protection }) => `${hex(BigInt(start))} ${protection}`);
  return pages.length > 3 ? `${pages.length} mappings` : pages.join(", ");
}

/**
 * The name of the signal that a stub gets when its parent ends, or "none". prctl(PR_GET_PDEATHSIG) writes it to memory,
 * for which a page is mapped into the stub during the call.
 */
export function deathSignal(stub: Stub): string {
  const { tracer } = stub;
  const page = stub.map(PAGE_SIZE);
  stub.call("prctl", tracer.flag("PR_GET_PDEATHSIG"), page);
  const answer = new DataView(stub.read(page, 4).buffer).getInt32(0, true);
  stub.call("munmap", page, PAGE_SIZE);
  return answer === 0 ? "none" : tracer.signalName(answer);
}

/**
 * Whether a stub has an rseq area registered. If the kernel does not report that, it is tried: the kernel refuses to
 * register a second area.
 */
export function hasRseq(stub: Stub): boolean {
  const area = readRseq(stub.thread);
  if (area !== undefined) return area.address !== 0n;
  const page = stub.map(PAGE_SIZE);
  try {
    const { errno } = stub.inject("rseq", page, RSEQ_LENGTH, 0, HOST_MACHINE.rseqSignature);
    if (errno === null)
      stub.call("rseq", page, RSEQ_LENGTH, RSEQ_FLAG_UNREGISTER, HOST_MACHINE.rseqSignature);
    return errno !== null && errno !== "ENOSYS";
  } finally {
    stub.call("munmap", page, PAGE_SIZE);
  }
}

/** The area of a stopped thread that is registered for rseq. @throws UnsupportedError before Linux 5.13 */
export function expectRseq(thread: Thread): RseqArea {
  const area = readRseq(thread);
  if (area !== undefined) return area;
  throw new UnsupportedError("this kernel does not report what is registered for rseq", {
    call: "ptrace(PTRACE_GET_RSEQ_CONFIGURATION)",
    remedy: "Linux 5.13 or later with CONFIG_RSEQ does",
  });
}
