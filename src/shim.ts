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
  inject(tid: number, block: Uint8Array, injection: ArrayBufferView): number;
  switch(tid: number, block: Uint8Array, xstate: Uint8Array, exchange: ArrayBufferView): number;
  switchWait(tid: number, block: Uint8Array, xstate: Uint8Array, exchange: ArrayBufferView): number;
  readXstate(tid: number, xstate: Uint8Array, length: number): number;
  getcpu(): number;
  bind(tid: number, processor: number): number;
  readMemory(pid: number, address: bigint, bytes: Uint8Array, length: number): number;
  writeMemory(pid: number, address: bigint, bytes: Uint8Array, length: number): number;
  tgkill(tgid: number, tid: number, signal: number): number;
  idleImage(): number;
  dieWith(parent: number): number;
  confine(memory: number): number;
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
const SHIM_ABI = 4;

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

/** struct stublab_injection in memory of its own. */
export class Injection {
  /** What the shim takes. */
  readonly bytes = new DataView(new ArrayBuffer(24));

  /** @param timeout in milliseconds */
  constructor(timeout: number) {
    this.timeout = timeout;
  }

  /** In milliseconds. */
  set timeout(milliseconds: number) {
    this.bytes.setBigInt64(8, BigInt(Math.ceil(milliseconds * 1000)), true);
  }

  /** The set of signals whose stops are passed over. */
  get passOver(): bigint {
    return this.bytes.getBigUint64(0, true);
  }

  set passOver(signals: bigint) {
    this.bytes.setBigUint64(0, signals, true);
  }

  /** The call that was under way at the end. */
  get step(): string {
    return INJECT_STEPS[this.bytes.getInt32(16, true)] ?? "inject";
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(20, true);
  }
}

/** struct stublab_switch in memory of its own. */
export class Exchange {
  /** What the shim takes. */
  readonly bytes = new DataView(new ArrayBuffer(160));
  /** The siginfo_t of the last stop by a signal. */
  readonly siginfo = new DataView(this.bytes.buffer, 32, 128);

  /** @param xstateLength bytes of the XSAVE area; 0 to leave floating point alone. */
  constructor(xstateLength: number) {
    this.bytes.setBigUint64(8, BigInt(xstateLength), true);
  }

  /** In milliseconds. */
  set timeout(milliseconds: number) {
    // Two halves: a BigInt would be made for each switch.
    const microseconds = Math.ceil(milliseconds * 1000);
    this.bytes.setUint32(0, microseconds >>> 0, true);
    this.bytes.setUint32(4, Math.floor(microseconds / 2 ** 32), true);
  }

  /** The ptrace request that resumes. */
  set request(request: number) {
    this.bytes.setInt32(16, request, true);
  }

  /** The call that was under way at the end. */
  get step(): string {
    return SWITCH_STEPS[this.bytes.getInt32(20, true)] ?? "switch";
  }

  /** The status word of the last wait. */
  get status(): number {
    return this.bytes.getInt32(24, true);
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
  shim ??= bindShim(loadLibrary("shim.so"));
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
  const path = fileURLToPath(new URL(file, import.meta.url));
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
  return {
    gettid: bind("int32_t stublab_gettid()"),
    mapStub: bind("int64_t stublab_map_stub(uint64_t)"),
    stubSyscallOffset: bind("uint32_t stublab_stub_syscall_offset()"),
    stubRestOffset: bind("uint32_t stublab_stub_rest_offset()"),
    mapShared: bind("int64_t stublab_map_shared(uint64_t)"),
    fork: bind(
      "int64_t stublab_fork(uint64_t, uint64_t, uint32_t, uint64_t, void *, uint32_t, uint32_t)",
    ),
    ptrace: bind("int64_t stublab_ptrace(int64_t, int32_t, uint64_t, uint64_t)"),
    ptraceMemory: bind("int64_t stublab_ptrace(int64_t, int32_t, uint64_t, void *)"),
    wait: bind("int64_t stublab_wait(int32_t, uint32_t, int64_t, void *)"),
    inject: bind("int64_t stublab_inject(int32_t, void *, void *)"),
    switch: bind("int64_t stublab_switch(int32_t, void *, void *, void *)"),
    switchWait: bind("int64_t stublab_switch_wait(int32_t, void *, void *, void *)"),
    readXstate: bind("int64_t stublab_read_xstate(int32_t, void *, uint64_t)"),
    getcpu: bind("int64_t stublab_getcpu()"),
    bind: bind("int64_t stublab_bind(int32_t, uint32_t)"),
    readMemory: bind("int64_t stublab_read_memory(int32_t, uint64_t, void *, uint64_t)"),
    writeMemory: bind("int64_t stublab_write_memory(int32_t, uint64_t, void *, uint64_t)"),
    tgkill: bind("int64_t stublab_tgkill(int32_t, int32_t, int32_t)"),
    idleImage: bind("int64_t stublab_idle_image()"),
    dieWith: bind("int64_t stublab_die_with(int32_t)"),
    confine: bind("int64_t stublab_confine(uint64_t)"),
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

/** `length` bytes of the host's own memory at `address`, without a copy. The memory must stay mapped. */
export function viewMemory(address: number, length: number): ArrayBuffer {
  return loadKoffi().view(BigInt(address), length);
}
