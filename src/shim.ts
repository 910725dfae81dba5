import { existsSync, fstatSync, openSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import type * as koffi from "koffi";
import type { LibraryHandle } from "koffi";
import { REBUILD, UnsupportedError } from "./errors.ts";
import { limitError } from "./limits.ts";

type Koffi = typeof koffi;

/**
 * The shim's functions (shim/shim.h). Results are a value or -errno. koffi passes a view as the address of
 * its first byte; a view that is too short, or whose memory was detached, is the caller's to prevent.
 */
export interface Shim {
  gettid(): number;
  mapStub(address: number): number;
  probePage(address: number): number;
  stubSyscallOffset(): number;
  stubRestOffset(): number;
  mapShared(length: number): number;
  fork(
    cloneWord: bigint,
    stub: number,
    omit: number,
    step: number,
    filter: Uint8Array | null,
    filterLength: number,
    traced: number,
  ): number;
  /** ptrace with a number as its data: options, or the signal to resume with. */
  ptrace(request: number, tid: number, address: number, data: number): number;
  /** ptrace with memory as its data. */
  ptraceMemory(request: number, tid: number, address: number, data: ArrayBufferView): number;
  wait(tid: number, options: number, microseconds: number, status: Int32Array): number;
  setMask(tid: number, mask: bigint): number;
  block(tid: number, signals: bigint, previous: BigUint64Array): number;
  attach(tid: number, relative: number): number;
  timeLeft(deadline: DataView): number;
  waitWithin(tid: number, options: number, deadline: DataView, status: Int32Array): number;
  inject(tid: number, block: Uint8Array, injection: ArrayBufferView): number;
  switch(tid: number, block: Uint8Array, xstate: Uint8Array, exchange: ArrayBufferView): number;
  switchWait(tid: number, block: Uint8Array, xstate: Uint8Array, exchange: ArrayBufferView): number;
  readXstate(tid: number, xstate: Uint8Array, length: number): number;
  getcpu(): number;
  bind(tid: number, processor: number): number;
  readMemory(pid: number, address: bigint, bytes: Uint8Array, length: number): number;
  writeMemory(pid: number, address: bigint, bytes: Uint8Array, length: number): number;
  tgkill(tgid: number, tid: number, signal: number): number;
  nameLibrary(path: string): number;
  idleImage(): number;
  start(start: Start, fate: number): number;
  socketPair(files: Int32Array): number;
  confine(): number;
  memoryFile(length: number): number;
  mapFile(file: number, length: number): number;
  lockFile(file: number): number;
  /** shim/setups.h */
  readTrial(tid: number, trial: Uint8Array): number;
  try(
    tid: number,
    setups: Uint8Array,
    outcomes: Uint8Array,
    count: number,
    trial: Uint8Array,
  ): number;
  /** shim/sigreturn.h */
  sigreturnCode(page: Uint8Array, length: number): number;
  sigreturnHandlerOffset(): number;
  exchangeLength(): number;
  giveTurn(exchange: Uint8Array): number;
  awaitTurn(exchange: Uint8Array, microseconds: number): number;
  pidfd(pid: number): number;
  hasEnded(pidfd: number): number;
  close(file: number): number;
}

/** The version of shim/shim.h that these bindings are written for. */
const SHIM_ABI = 5;

/** The steps of a forked child in the order of enum stublab_child_step: bit i is step i. */
export const CHILD_STEPS = [
  "setsid",
  "dispositions",
  "rseq",
  "unmask",
  "seccomp",
  "parent",
  "stub",
] as const;
export type ChildStep = (typeof CHILD_STEPS)[number];

/** Byte offsets in struct stublab_deadline, and its size. */
const DEADLINE = { timeout: 0, seen: 16, size: 32 } as const;

/** A time limit that several waits share: struct stublab_deadline. */
export class Deadline {
  /** What the shim takes. */
  readonly bytes: DataView;
  #milliseconds = 0;

  /** @param bytes where it lies; default: in memory of its own. */
  constructor(milliseconds: number, bytes = new DataView(new ArrayBuffer(DEADLINE.size))) {
    this.bytes = bytes;
    this.start(milliseconds);
  }

  /** How long it is in all. */
  get milliseconds(): number {
    return this.#milliseconds;
  }

  /** Starts anew. */
  start(milliseconds: number): void {
    if (milliseconds !== this.#milliseconds) {
      this.#milliseconds = milliseconds;
      const microseconds = BigInt(Math.ceil(milliseconds * 1000));
      this.bytes.setBigInt64(DEADLINE.timeout, microseconds, true);
    }
    this.bytes.setFloat64(DEADLINE.seen, 0);
  }
}

/** Byte offsets in struct stublab_injection, and its size. */
const INJECTION = { passOver: 0, rest: 8, deadline: 16, step: 48, status: 52, size: 56 } as const;

/** struct stublab_start. */
export interface Start {
  readonly namespaces: bigint;
  readonly program: string;
  readonly arguments: readonly (string | null)[];
  readonly environment: readonly (string | null)[];
  readonly files: readonly number[];
  readonly limits: readonly { readonly resource: number; readonly value: number }[];
  readonly file_count: number;
  readonly limit_count: number;
  readonly options: number;
}

/** The steps of a start in the order of enum stublab_start_step. */
export const START_STEPS = [
  "dup2",
  "read",
  "setsid",
  "mount(/proc)",
  "mount_setattr(/)",
  "capset",
  "clone",
  "prlimit64",
  "landlock_restrict_self",
  "execve",
] as const;

/** struct stublab_injection in memory of its own. */
export class Injection {
  /** What the shim takes. */
  readonly bytes = new DataView(new ArrayBuffer(INJECTION.size));
  readonly deadline: Deadline;

  /**
   * @param deadline in milliseconds
   * @param rest the address after the INT3 of the stub code
   */
  constructor(deadline: number, rest: bigint) {
    const { buffer } = this.bytes;
    this.bytes.setBigUint64(INJECTION.rest, rest, true);
    this.deadline = new Deadline(deadline, new DataView(buffer, INJECTION.deadline, DEADLINE.size));
  }

  /** The set of signals whose stops are always passed over. */
  get passOver(): bigint {
    return this.bytes.getBigUint64(INJECTION.passOver, true);
  }

  set passOver(signals: bigint) {
    this.bytes.setBigUint64(INJECTION.passOver, signals, true);
  }

  /** The call that was under way at the end. */
  get step(): string {
    return INJECT_STEPS[this.bytes.getInt32(INJECTION.step, true)] ?? "inject";
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(INJECTION.status, true);
  }
}

/** The results of an injection: enum stublab_inject_end. */
export const [INJECT_RESTS, INJECT_STOPPED, INJECT_LEFT] = [0, 1, 2] as const;

/** Byte offsets in struct stublab_switch, and its size. */
const SWITCH = {
  deadline: 0,
  xstateLength: 32,
  request: 40,
  step: 44,
  status: 48,
  siginfo: 56,
  size: 184,
} as const;

/** struct stublab_switch in memory of its own. */
export class Exchange {
  /** What the shim takes. */
  readonly bytes = new DataView(new ArrayBuffer(SWITCH.size));
  readonly deadline: Deadline;
  /** The siginfo_t of the last stop by a signal; zeros at a group-stop. */
  readonly siginfo = new DataView(this.bytes.buffer, SWITCH.siginfo, 128);

  /** @param xstateLength bytes of the XSAVE area; 0 to leave floating point alone. */
  constructor(xstateLength: number) {
    const { buffer } = this.bytes;
    this.bytes.setBigUint64(SWITCH.xstateLength, BigInt(xstateLength), true);
    this.deadline = new Deadline(0, new DataView(buffer, SWITCH.deadline, DEADLINE.size));
  }

  /** The ptrace request that resumes. */
  set request(request: number) {
    this.bytes.setInt32(SWITCH.request, request, true);
  }

  /** The call that was under way at the end. */
  get step(): string {
    return SWITCH_STEPS[this.bytes.getInt32(SWITCH.step, true)] ?? "switch";
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(SWITCH.status, true);
  }
}

/** The steps of a switch in the order of enum stublab_switch_step. */
const SWITCH_STEPS = [
  "ptrace(PTRACE_SETREGS)",
  "ptrace(PTRACE_SETREGSET)",
  "ptrace(PTRACE_SYSEMU)",
  "wait4",
  "ptrace(PTRACE_GETREGS)",
  "ptrace(PTRACE_GETREGSET)",
  "ptrace(PTRACE_GETSIGINFO)",
] as const;

/** The steps of an injection in the order of enum stublab_inject_step. */
const INJECT_STEPS = [
  "ptrace(PTRACE_SETREGS)",
  "ptrace(PTRACE_CONT)",
  "wait4",
  "ptrace(PTRACE_GETREGS)",
] as const;

const SHIM = "shim.so";

/** Standard input, output and error. */
const STANDARD_FILES = [0, 1, 2];

// An injected close reaches this process: koffi syncs standard output and error when the process ends, and waits for
// ever for its own lock if one is closed.
process.on("exit", reopenStandardFiles);

/** Opens /dev/null in the place of each that is closed, as Node.js does when it starts. */
function reopenStandardFiles(): void {
  for (const file of STANDARD_FILES) {
    try {
      fstatSync(file);
    } catch {
      // The lowest that is free: those below are open.
      openSync("/dev/null", "r+");
    }
  }
}

let shim: Shim | undefined;

/**
 * The shim, loaded once in a thread.
 *
 * @throws UnsupportedError on another system than Linux x86-64, or where the library is missing or old.
 */
export function loadShim(): Shim {
  if (shim === undefined) {
    shim = bindShim(loadLibrary(SHIM));
    shim.nameLibrary(pathOf(SHIM));
  }
  return shim;
}

/**
 * Loads one of the package's own libraries.
 *
 * @throws UnsupportedError on another system than Linux x86-64, or where it was not built.
 */
export function loadLibrary(file: string): LibraryHandle {
  if (process.platform !== "linux" || process.arch !== "x64") {
    throw new UnsupportedError(
      `stublab traces processes on Linux x86-64 only, and this is ${process.platform} ${process.arch}`,
    );
  }
  const path = pathOf(file);
  if (!existsSync(path)) {
    throw new UnsupportedError(`${file} is missing beside ${fileURLToPath(import.meta.url)}`, {
      remedy: REBUILD,
    });
  }
  try {
    return loadKoffi().load(path);
  } catch (cause) {
    const doing = `${path} cannot be loaded`;
    const failure = limitError(doing, cause);
    if (failure !== undefined) throw failure;
    throw new UnsupportedError(`${doing}: ${String(cause)}`, { cause, remedy: REBUILD });
  }
}

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}

/** Only where it is needed: Node.js may be told to load no native addon. */
function loadKoffi(): Koffi {
  return createRequire(import.meta.url)("koffi");
}

function bindShim(library: LibraryHandle): Shim {
  const abi: number = library.func("uint32_t stublab_shim_abi()")();
  if (abi !== SHIM_ABI) {
    throw new UnsupportedError(`the shim speaks version ${abi}, and this stublab ${SHIM_ABI}`, {
      remedy: REBUILD,
    });
  }
  const bind = (prototype: string) => library.func(prototype);
  defineStart();
  return {
    gettid: bind("int32_t stublab_gettid()"),
    mapStub: bind("int64_t stublab_map_stub(uint64_t)"),
    probePage: bind("int64_t stublab_probe_page(uint64_t)"),
    stubSyscallOffset: bind("uint32_t stublab_stub_syscall_offset()"),
    stubRestOffset: bind("uint32_t stublab_stub_rest_offset()"),
    mapShared: bind("int64_t stublab_map_shared(uint64_t)"),
    fork: bind(
      "int64_t stublab_fork(uint64_t, uint64_t, uint32_t, uint64_t, void *, uint32_t, uint32_t)",
    ),
    ptrace: bind("int64_t stublab_ptrace(int64_t, int32_t, uint64_t, uint64_t)"),
    ptraceMemory: bind("int64_t stublab_ptrace(int64_t, int32_t, uint64_t, void *)"),
    wait: bind("int64_t stublab_wait(int32_t, uint32_t, int64_t, void *)"),
    setMask: bind("int64_t stublab_set_mask(int32_t, uint64_t)"),
    block: bind("int64_t stublab_block(int32_t, uint64_t, void *)"),
    attach: bind("int64_t stublab_attach(int32_t, int32_t)"),
    timeLeft: bind("int64_t stublab_time_left(void *)"),
    waitWithin: bind("int64_t stublab_wait_within(int32_t, uint32_t, void *, void *)"),
    inject: bind("int64_t stublab_inject(int32_t, void *, void *)"),
    switch: bind("int64_t stublab_switch(int32_t, void *, void *, void *)"),
    switchWait: bind("int64_t stublab_switch_wait(int32_t, void *, void *, void *)"),
    readXstate: bind("int64_t stublab_read_xstate(int32_t, void *, uint64_t)"),
    getcpu: bind("int64_t stublab_getcpu()"),
    bind: bind("int64_t stublab_bind(int32_t, uint32_t)"),
    readMemory: bind("int64_t stublab_read_memory(int32_t, uint64_t, void *, uint64_t)"),
    writeMemory: bind("int64_t stublab_write_memory(int32_t, uint64_t, void *, uint64_t)"),
    tgkill: bind("int64_t stublab_tgkill(int32_t, int32_t, int32_t)"),
    nameLibrary: bind("int64_t stublab_name_library(const char *)"),
    idleImage: bind("int64_t stublab_idle_image()"),
    start: bind("int64_t stublab_start(stublab_start *, uint64_t)"),
    socketPair: bind("int64_t stublab_socket_pair(void *)"),
    confine: bind("int64_t stublab_confine()"),
    memoryFile: bind("int64_t stublab_memory_file(uint64_t)"),
    mapFile: bind("int64_t stublab_map_file(int32_t, uint64_t)"),
    lockFile: bind("int64_t stublab_lock_file(int32_t)"),
    readTrial: bind("int64_t stublab_read_trial(int32_t, void *)"),
    try: bind("int64_t stublab_try(int32_t, void *, void *, uint32_t, void *)"),
    sigreturnCode: bind("int64_t stublab_sigreturn_code(void *, uint64_t)"),
    sigreturnHandlerOffset: bind("uint32_t stublab_sigreturn_handler_offset()"),
    exchangeLength: bind("uint32_t stublab_exchange_length()"),
    giveTurn: bind("int64_t stublab_give_turn(void *)"),
    awaitTurn: bind("int64_t stublab_await_turn(void *, int64_t)"),
    pidfd: bind("int64_t stublab_pidfd(int32_t)"),
    hasEnded: bind("int64_t stublab_has_ended(int32_t)"),
    close: bind("int64_t stublab_close(int32_t)"),
  };
}

/** Tells koffi of struct stublab_start. */
function defineStart(): void {
  const koffi = loadKoffi();
  const limit = koffi.struct("stublab_limit", { resource: "uint64_t", value: "uint64_t" });
  const words = koffi.pointer("char *");
  koffi.struct("stublab_start", {
    namespaces: "uint64_t",
    program: "char *",
    arguments: words,
    environment: words,
    files: koffi.pointer("int32_t"),
    limits: koffi.pointer(limit),
    file_count: "uint32_t",
    limit_count: "uint32_t",
    options: "uint32_t",
  });
}

/** `length` bytes of the host's own memory at `address`, without a copy. The memory must stay mapped. */
export function viewMemory(address: number, length: number): ArrayBuffer {
  return loadKoffi().view(BigInt(address), length);
}
