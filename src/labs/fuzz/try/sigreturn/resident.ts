import {
  AND,
  type BpfInstruction,
  DATA_INSTRUCTION_POINTER,
  DATA_NUMBER,
  HIGH,
  JUMP_EQUAL,
  LOAD_WORD,
  RETURN,
  SECCOMP_RET_ALLOW,
} from "../../../../core/bpf/program.ts";
import { PAGE_SIZE } from "../../../../core/shim/auxiliary_vector.ts";
import type { SyscallArgument } from "../../../../core/stub/injection.ts";
import { hasEnded, processorTime } from "../../../../core/stub/proc.ts";
import type { Stub } from "../../../../core/stub/stub.ts";
import type { TracingThread } from "../../../../core/stub/tracing_thread.ts";
import { errnoName } from "../../../../lib/errno.ts";
import { UnsupportedError } from "../../../../lib/errors.ts";
import { BASELINE, REGISTERS, SCRATCH } from "../../case/arch.ts";
import { loadFuzz } from "../shim.ts";
import {
  createHarmless,
  handleSignal,
  SA_NODEFER,
  SA_RESTORER,
  SA_SIGINFO,
  type Settable,
} from "../target.ts";
import type { Exchange } from "./exchange.ts";
import { KEPT } from "./kept.ts";
import { HANDLER_STACK, HANDLER_STACK_SIZE, LOOP, RECORDS } from "./place.ts";

/** The signals that instructions raise. */
const RAISED = ["SIGTRAP", "SIGSEGV", "SIGBUS", "SIGILL", "SIGFPE", "SIGSYS"];

// asm/signal.h, linux/signal.h. With SS_AUTODISARM a signal stack is always used from its end, wherever RSP points.
const SA_ONSTACK = 0x800_0000n;
const SS_AUTODISARM = 0x8000_0000n;

/**
 * A stub that tries setups by itself with rt_sigreturn. It is not traced, because a traced thread stops at every signal.
 * PDEATHSIG ends it with the master, and the master ends with the host.
 */
export class Resident {
  readonly pid: number;
  readonly #master: Stub;
  readonly #stub: Stub;
  readonly #pidfd: number;

  /**
   * @param master a scrubbed stub with exit signal SIGCHLD
   * @throws SyscallError if the kernel refuses a call of its set-up; UnsupportedError
   */
  constructor(master: Stub, exchange: Exchange) {
    const { tracer } = master;
    this.#master = master;
    const setUp = (stub: Stub) => setUpLoop(stub, exchange.shared, exchange.address);
    this.#stub = createHarmless(master, setUp, loopRules(tracer));
    this.pid = this.#stub.pid;
    this.#pidfd = tracer.shim.pidfd(this.pid);
    this.#start();
  }

  /** Whether it has ended. Its parent has not reaped it, so without pidfds, as in gVisor, /proc has its state. */
  get ended(): boolean {
    if (this.#pidfd < 0) return hasEnded(this.pid);
    return this.#master.tracer.shim.hasEnded(this.#pidfd) === 1;
  }

  /** Its processor time, in milliseconds. */
  get milliseconds(): number {
    return processorTime(this.pid);
  }

  /** Ends it, and lets its parent reap it. @returns its status word. */
  end(): number {
    const { tracer } = this.#master;
    tracer.shim.tgkill(this.pid, this.pid, tracer.constant("SIGKILL"));
    if (this.#pidfd >= 0) tracer.shim.close(this.#pidfd);
    const status = this.#reap();
    this.#stub.thread.forget();
    this.#stub.forgetIfDead();
    return status;
  }

  /** Detaches it; it runs into the INT3 at the start of the loop. */
  #start(): void {
    const { thread, tracer } = this.#stub;
    for (const [i, name] of REGISTERS.entries()) tracer.frame.set(name, BASELINE[i] ?? 0n);
    for (const [name, word] of Object.entries(KEPT)) tracer.frame.set(name, word);
    tracer.frame.set("rip", LOOP);
    const stopped = thread.expect("stopped");
    stopped.writeRegisters(tracer.frame);
    stopped.leave("");
    // It is still stopped by the SIGSTOP of its birth: once detached, it stops again.
    tracer.shim.tgkill(this.pid, this.pid, tracer.constant("SIGCONT"));
  }

  /** If the parent is dead as well, its death has killed the stub, and init reaps it. */
  #reap(): number {
    try {
      return this.#awaitEnd();
    } catch (error) {
      if (this.#master.alive) throw error;
      return Number(this.#master.tracer.constant("SIGKILL"));
    }
  }

  #awaitEnd(): number {
    const { tracer } = this.#master;
    const page = this.#master.map(PAGE_SIZE);
    this.#master.call("wait4", this.pid, page, tracer.flag("__WALL"), 0);
    const status = new DataView(this.#master.read(page, 4).buffer).getInt32(0, true);
    this.#master.call("munmap", page, PAGE_SIZE);
    return status;
  }
}

/**
 * Maps the loop, the memory shared with the host and the stack; then installs the handlers.
 *
 * @param shared the file and its length in bytes
 * @param exchange the address of the exchange in the stub
 */
export function setUpLoop(
  stub: Settable,
  { file, length }: { readonly file: SyscallArgument; readonly length: number },
  exchange: bigint,
): void {
  const { tracer } = stub;
  const flags = (...names: string[]) => names.reduce((set, name) => set | tracer.flag(name), 0n);
  const writable = flags("PROT_READ", "PROT_WRITE");
  const anonymous = flags("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED_NOREPLACE");
  const shared = flags("MAP_SHARED", "MAP_FIXED_NOREPLACE");
  stub.call("mmap", LOOP, PAGE_SIZE, writable, anonymous, -1, 0);
  stub.call("mmap", RECORDS, length, writable, shared, file, 0);
  stub.call("mmap", HANDLER_STACK, HANDLER_STACK_SIZE, writable, anonymous, -1, 0);

  const code = new Uint8Array(PAGE_SIZE);
  const copied = loadFuzz().sigreturnCode(code, code.length, exchange);
  if (copied < 0)
    throw new UnsupportedError(`the code of the loop cannot be copied: ${errnoName(-copied)}`);
  stub.write(LOOP, code);
  stub.call("mprotect", LOOP, PAGE_SIZE, flags("PROT_READ", "PROT_EXEC"));

  const stack = BigUint64Array.of(HANDLER_STACK, SS_AUTODISARM, BigInt(HANDLER_STACK_SIZE));
  stub.write(SCRATCH, new Uint8Array(stack.buffer));
  stub.call("sigaltstack", SCRATCH, 0);
  const handler = LOOP + BigInt(loadFuzz().sigreturnHandlerOffset());
  for (const signal of RAISED) {
    handleSignal(stub, signal, handler, SA_SIGINFO | SA_RESTORER | SA_ONSTACK | SA_NODEFER);
  }
}

/** Rules that allow the two calls of the loop from its page. */
export function loopRules(tracer: Pick<TracingThread, "syscallNumber">): BpfInstruction[] {
  const [low, high] = [LOOP & 0xffff_ffffn, LOOP >> 32n];
  const numbers = ["rt_sigreturn", "futex"].map((name) => Number(tracer.syscallNumber(name)));
  return [
    [LOAD_WORD, DATA_INSTRUCTION_POINTER + HIGH],
    [JUMP_EQUAL, Number(high), 0, 5 + numbers.length],
    [LOAD_WORD, DATA_INSTRUCTION_POINTER],
    [AND, ~(PAGE_SIZE - 1) >>> 0],
    [JUMP_EQUAL, Number(low), 0, 2 + numbers.length],
    [LOAD_WORD, DATA_NUMBER],
    ...numbers.map(
      (number, i): BpfInstruction => [
        JUMP_EQUAL,
        number,
        numbers.length - i - 1,
        i === numbers.length - 1 ? 1 : 0,
      ],
    ),
    [RETURN, SECCOMP_RET_ALLOW],
  ];
}
