import { readdirSync } from "node:fs";
import {
  assembleBpf,
  type BpfInstruction,
  DATA_ARCH,
  DATA_INSTRUCTION_POINTER,
  DATA_NUMBER,
  FPROG_SIZE,
  HIGH,
  JUMP_EQUAL,
  LOAD_WORD,
  RETURN,
  SECCOMP_RET_ALLOW,
  SECCOMP_RET_ERRNO,
  sockFprog,
} from "../../../core/bpf/program.ts";
import { HOST_MACHINE } from "../../../core/machine/index.ts";
import { leaveFiles } from "../../../core/stub/files.ts";
import type { SyscallArgument, SyscallResult } from "../../../core/stub/injection.ts";
import type { Stub } from "../../../core/stub/stub.ts";
import type { TracingThread } from "../../../core/stub/tracing_thread.ts";
import { SyscallError } from "../../../lib/errors.ts";
import {
  CODE,
  CONSTANTS,
  codePage,
  constantsPage,
  PART,
  placeOf,
  SCRATCH,
  SCRATCH_SIZE,
} from "../case/arch.ts";
import { HANDLED } from "../case/pieces.ts";
import { UNSEEN_CALLS, VSYSCALL_HALF } from "./arch.ts";

/** Calls that are harmless with any arguments. All others fail with ENOSYS. */
export const HARMLESS = [
  "getpid",
  "gettid",
  "getppid",
  "getuid",
  "getgid",
  "geteuid",
  "getegid",
  "sched_yield",
  "restart_syscall",
] as const;

const ENOSYS = 38;
/** The highest file descriptor for close_range: gVisor refuses a higher one. */
const LAST_FILE = 0x7fff_ffff;
/** A limit of one byte keeps the kernel from dumping even to a program (do_coredump in fs/coredump.c). */
const NO_CORE = 1n;

// linux/seccomp.h, asm-generic/resource.h, asm/signal.h, linux/prctl.h
const SECCOMP_SET_MODE_FILTER = 1;
const RLIMIT_CORE = 4;
export const SA_SIGINFO = 4n;
export const SA_RESTORER = 0x400_0000n;
const SA_RESTART = 0x1000_0000n;
export const SA_NODEFER = 0x4000_0000n;
const PR_SET_NO_NEW_PRIVS = 38;

/** What the set-up of a stub needs of it. The probe has it as data: src/labs/fuzz/probe/set_up.ts records the calls. */
export interface Settable {
  readonly pid: number;
  readonly tracer: Pick<TracingThread, "constant" | "flag" | "syscallNumber" | "tid">;
  call(name: string, ...args: SyscallArgument[]): bigint;
  inject(name: string, ...args: SyscallArgument[]): SyscallResult;
  write(address: number | bigint, bytes: Uint8Array): void;
}

/**
 * Creates a stub in which setups can be tried. It has the pages of code.ts besides its stub code, shares no file with
 * the host, dumps no core, and can make harmless system calls only.
 *
 * @param master a scrubbed stub with exit signal SIGCHLD
 * @throws SyscallError if the kernel refuses a call of its set-up
 */
export function createTarget(master: Stub): Stub {
  return createHarmless(master, handleSignals);
}

/** The further set-up of a target: its signal handlers. */
export function handleSignals(stub: Settable): void {
  const flags = SA_SIGINFO | SA_RESTORER | SA_NODEFER;
  // No handler ever returns, so SA_NODEFER keeps the signal mask empty.
  for (const [signal, restarts] of HANDLED.values()) {
    handleSignal(stub, signal, placeOf("handler"), restarts ? flags | SA_RESTART : flags);
  }
}

/**
 * The same with a further set-up, which can still make any system call and use the host's files.
 *
 * @param furtherRules rules of the filter, after the check of the architecture and before all others
 */
export function createHarmless(
  master: Stub,
  setUp: (stub: Stub) => void,
  furtherRules: readonly BpfInstruction[] = [],
): Stub {
  const { tracer } = master;
  const stub = createAnonymous(tracer, () => master.createStub({ exitSignal: "SIGCHLD" }));
  try {
    makeHarmless(stub, () => setUp(stub), furtherRules);
    return stub;
  } catch (error) {
    stub.close();
    throw error;
  }
}

/** The set-up of a new stub that makes it harmless. */
export function makeHarmless(
  stub: Settable,
  setUp: () => void,
  furtherRules: readonly BpfInstruction[] = [],
): void {
  mapPages(stub);
  setUp();
  leaveFiles(stub);
  closeAll(stub);
  stub.write(SCRATCH, new Uint8Array(BigUint64Array.of(NO_CORE, NO_CORE).buffer));
  stub.call("prlimit64", 0, RLIMIT_CORE, SCRATCH, 0);
  installFilter(stub, harmlessOnly(stub.tracer, furtherRules));
  stub.write(SCRATCH, new Uint8Array(SCRATCH_SIZE));
}

/** Closes all files of a stub that shares none, one by one if the kernel has no close_range(2) (Linux 5.9). */
function closeAll(stub: Settable): void {
  if (stub.inject("close_range", 0, LAST_FILE, 0).errno === null) return;
  for (const file of readdirSync(`/proc/${stub.pid}/fd`)) stub.call("close", Number(file));
}

/**
 * Creates a stub whose pid is not the number of a call that the filter allows or does not see. The result of getpid or
 * getppid may become the number of the next call, whose outcome must not depend on the pid.
 */
export function createAnonymous(tracer: TracingThread, create: () => Stub): Stub {
  const numbers = HARMLESS.map((name) => Number(tracer.syscallNumber(name)));
  const taken: Stub[] = [];
  try {
    // While these exist, the next stub has another pid.
    for (;;) {
      const stub = create();
      if (![...numbers, ...UNSEEN_CALLS].includes(stub.pid)) return stub;
      taken.push(stub);
    }
  } finally {
    for (const stub of taken) stub.close();
  }
}

/** Maps the pages of code.ts in a stub, and fills them. */
export function mapPages(stub: Settable): void {
  const { tracer } = stub;
  const flag = (...names: string[]) => names.reduce((set, name) => set | tracer.flag(name), 0n);
  const read = flag("PROT_READ");
  const flags = flag("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED_NOREPLACE");
  for (const [at, size] of [
    [CODE, PART],
    [CONSTANTS, PART],
    [SCRATCH, SCRATCH_SIZE],
  ] as const) {
    stub.call("mmap", at, size, read | flag("PROT_WRITE"), flags, -1, 0);
  }
  stub.write(CODE, codePage());
  stub.write(CONSTANTS, constantsPage());
  stub.call("mprotect", CODE, PART, read | flag("PROT_EXEC"));
  stub.call("mprotect", CONSTANTS, PART, read);
}

/** Makes the code at `handler` the handler of a signal, which blocks no other. SCRATCH is written to. */
export function handleSignal(stub: Settable, signal: string, handler: bigint, flags: bigint): void {
  stub.write(SCRATCH, new Uint8Array(BigUint64Array.of(handler, flags, handler, 0n).buffer));
  stub.call("rt_sigaction", stub.tracer.flag(signal), SCRATCH, 0, 8);
}

function harmlessOnly(
  tracer: Settable["tracer"],
  furtherRules: readonly BpfInstruction[],
): Uint8Array {
  const numbers = HARMLESS.map((name) => Number(tracer.syscallNumber(name)));
  const refuse: BpfInstruction = [RETURN, SECCOMP_RET_ERRNO | ENOSYS];
  // Functions of the vsyscall page write to the addresses in their arguments.
  const vsyscalls: BpfInstruction[] =
    VSYSCALL_HALF === undefined
      ? []
      : [
          [LOAD_WORD, DATA_INSTRUCTION_POINTER + HIGH],
          [JUMP_EQUAL, VSYSCALL_HALF, numbers.length + 1, 0],
        ];
  return assembleBpf(
    [LOAD_WORD, DATA_ARCH],
    [JUMP_EQUAL, tracer.constant(HOST_MACHINE.auditArch) >>> 0, 1, 0],
    refuse,
    ...furtherRules,
    ...vsyscalls,
    [LOAD_WORD, DATA_NUMBER],
    ...numbers.map((number, i): BpfInstruction => [JUMP_EQUAL, number, numbers.length - i, 0]),
    refuse,
    [RETURN, SECCOMP_RET_ALLOW],
  );
}

function installFilter(stub: Settable, program: Uint8Array): void {
  const { tracer } = stub;
  const at = SCRATCH + BigInt(FPROG_SIZE);
  stub.write(SCRATCH, sockFprog(program, at));
  stub.write(at, program);
  stub.call("prctl", PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const { errno } = stub.inject("seccomp", SECCOMP_SET_MODE_FILTER, 0, SCRATCH);
  if (errno === null) return;
  throw new SyscallError(`stub ${stub.pid} cannot install a filter: ${errno}`, {
    call: "seccomp",
    errno,
    remedy: `the kernel, or a filter of process ${tracer.tid}, may not allow filters`,
  });
}
