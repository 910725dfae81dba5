import type { LibraryHandle } from "koffi";
import { REBUILD, UnsupportedError } from "../../lib/errors.ts";
import { HOST_ARCH } from "../machine/index.ts";
import { loadKoffi, loadLibrary, pathOf } from "./library.ts";
import { defineStart, type Start } from "./start.ts";

/**
 * The shim's functions (shim/shim.h). Results are a value or -errno. koffi passes a view as the address of its first
 * byte; the caller must not pass a view that is too short or whose memory is detached.
 */
export interface Shim {
  gettid(): number;
  mapStub(address: number): number;
  probePage(address: number): number;
  stubSyscallOffset(): number;
  stubRestOffset(): number;
  stubServeOffset(): number;
  stubWakeOffset(): number;
  stubSleepOffset(): number;
  mapShared(length: number): number;
  fork(
    cloneWord: bigint,
    stub: number,
    omit: number,
    step: number,
    filter: Uint8Array | null,
    filterLength: number,
    options: number,
  ): number;
  /** ptrace with a number as its data: options, or the signal to resume with. */
  ptrace(request: number, tid: number, address: number | bigint, data: number | bigint): number;
  /** ptrace with memory as its data. */
  ptraceMemory(request: number, tid: number, address: number, data: ArrayBufferView): number;
  wait(tid: number, options: number, microseconds: number, status: Int32Array): number;
  readRegisters(tid: number, block: Uint8Array): number;
  writeRegisters(tid: number, block: Uint8Array): number;
  setMask(tid: number, mask: bigint): number;
  block(tid: number, signals: bigint, previous: BigUint64Array): number;
  attach(tid: number, relative: number): number;
  timeLeft(deadline: DataView): number;
  processorTime(pid: number): number;
  waitWithin(tid: number, options: number, deadline: DataView, status: Int32Array): number;
  inject(tid: number, block: Uint8Array, injection: ArrayBufferView): number;
  ringTurn(tid: number, ring: number, injection: ArrayBufferView, stopped: number): number;
  switch(tid: number, block: Uint8Array, xstate: Uint8Array, exchange: ArrayBufferView): number;
  switchChanged(
    tid: number,
    block: Uint8Array,
    held: Uint8Array,
    xstate: Uint8Array,
    exchange: ArrayBufferView,
  ): number;
  switchWait(tid: number, block: Uint8Array, xstate: Uint8Array, exchange: ArrayBufferView): number;
  readXstate(tid: number, xstate: Uint8Array, length: number): number;
  writeXstate(tid: number, xstate: Uint8Array, length: number): number;
  freshXstate(tid: number, xstate: Uint8Array, length: number, components: bigint): number;
  freshFrame(
    tid: number,
    image: Uint8Array,
    length: number,
    components: bigint,
    size: number,
  ): number;
  getcpu(): number;
  bind(tid: number, processor: number): number;
  getAffinity(tid: number, set: Uint8Array, length: number): number;
  setAffinity(tid: number, set: Uint8Array, length: number): number;
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
    canary: Uint8Array,
  ): number;
  /** shim/amd64/sigreturn.h */
  share(memory: Uint8Array, used: number, length: number): number;
  sigreturnCode(page: Uint8Array, length: number, exchange: bigint): number;
  sigreturnHandlerOffset(): number;
  awaitTurn(exchange: Uint8Array, microseconds: number, canary: Uint8Array): number;
  giveTurn(exchange: Uint8Array, microseconds: number, canary: Uint8Array): number;
  /** shim/amd64/components.h */
  readComponents(components: Uint32Array): number;
  permittedComponents(): number;
  /** shim/amd64/handler.h */
  openDesk(desk: ArrayBufferView, stub: number, xstate: Uint8Array, length: number): number;
  closeDesk(desk: ArrayBufferView): number;
  handlerCode(page: Uint8Array, length: number, spins: number): number;
  trampolinesOffset(): number;
  handlerSetUpOffset(): number;
  handlerIsSetUpOffset(): number;
  clearDesk(desk: ArrayBufferView): number;
  prepareDesk(desk: ArrayBufferView): number;
  takeDesk(desk: ArrayBufferView, deadline: DataView): number;
  switchDesk(
    desk: ArrayBufferView,
    block: Uint8Array,
    xstate: Uint8Array,
    exchange: ArrayBufferView,
  ): number;
  switchDeskWait(desk: ArrayBufferView, block: Uint8Array, exchange: ArrayBufferView): number;
  saveDesk(desk: ArrayBufferView, xstate: Uint8Array, length: number): number;
  pidfd(pid: number): number;
  hasEnded(pidfd: number): number;
  close(file: number): number;
}

/** The version of shim/shim.h that these bindings are written for. */
const SHIM_ABI = 7;

/** The file of the shim, in the folder of this program. */
export const SHIM = HOST_ARCH === "amd64" ? "shim.so" : `shim-${HOST_ARCH}.so`;

let shim: Shim | undefined;

/**
 * The shim, loaded once per thread.
 *
 * @throws UnsupportedError on a system other than Linux x86-64, or if the library is missing or outdated.
 */
export function loadShim(): Shim {
  if (shim === undefined) {
    shim = bindShim(loadLibrary(SHIM));
    shim.nameLibrary(pathOf(SHIM));
  }
  return shim;
}

/** The prototype of each function. */
const PROTOTYPES: Readonly<Record<keyof Shim, string>> = {
  gettid: "int32_t stublab_gettid()",
  mapStub: "int64_t stublab_map_stub(uint64_t)",
  probePage: "int64_t stublab_probe_page(uint64_t)",
  stubSyscallOffset: "uint32_t stublab_stub_syscall_offset()",
  stubRestOffset: "uint32_t stublab_stub_rest_offset()",
  stubServeOffset: "uint32_t stublab_stub_serve_offset()",
  stubWakeOffset: "uint32_t stublab_stub_wake_offset()",
  stubSleepOffset: "uint32_t stublab_stub_sleep_offset()",
  mapShared: "int64_t stublab_map_shared(uint64_t)",
  fork: "int64_t stublab_fork(uint64_t, uint64_t, uint32_t, uint64_t, void *, uint32_t, uint32_t)",
  ptrace: "int64_t stublab_ptrace(int64_t, int32_t, uint64_t, uint64_t)",
  ptraceMemory: "int64_t stublab_ptrace(int64_t, int32_t, uint64_t, void *)",
  wait: "int64_t stublab_wait(int32_t, uint32_t, int64_t, void *)",
  readRegisters: "int64_t stublab_read_registers(int32_t, void *)",
  writeRegisters: "int64_t stublab_write_registers(int32_t, void *)",
  setMask: "int64_t stublab_set_mask(int32_t, uint64_t)",
  block: "int64_t stublab_block(int32_t, uint64_t, void *)",
  attach: "int64_t stublab_attach(int32_t, int32_t)",
  timeLeft: "int64_t stublab_time_left(void *)",
  processorTime: "int64_t stublab_processor_time(int32_t)",
  waitWithin: "int64_t stublab_wait_within(int32_t, uint32_t, void *, void *)",
  inject: "int64_t stublab_inject(int32_t, void *, void *)",
  ringTurn: "int64_t stublab_ring_turn(int32_t, uint64_t, void *, int32_t)",
  switch: "int64_t stublab_switch(int32_t, void *, void *, void *)",
  switchChanged: "int64_t stublab_switch_changed(int32_t, void *, void *, void *, void *)",
  switchWait: "int64_t stublab_switch_wait(int32_t, void *, void *, void *)",
  readXstate: "int64_t stublab_read_xstate(int32_t, void *, uint64_t)",
  writeXstate: "int64_t stublab_write_xstate(int32_t, void *, uint64_t)",
  freshXstate: "int64_t stublab_fresh_xstate(int32_t, void *, uint64_t, uint64_t)",
  freshFrame: "int64_t stublab_fresh_frame(int32_t, void *, uint64_t, uint64_t, uint64_t)",
  getcpu: "int64_t stublab_getcpu()",
  bind: "int64_t stublab_bind(int32_t, uint32_t)",
  getAffinity: "int64_t stublab_get_affinity(int32_t, void *, uint64_t)",
  setAffinity: "int64_t stublab_set_affinity(int32_t, void *, uint64_t)",
  readMemory: "int64_t stublab_read_memory(int32_t, uint64_t, void *, uint64_t)",
  writeMemory: "int64_t stublab_write_memory(int32_t, uint64_t, void *, uint64_t)",
  tgkill: "int64_t stublab_tgkill(int32_t, int32_t, int32_t)",
  nameLibrary: "int64_t stublab_name_library(const char *)",
  idleImage: "int64_t stublab_idle_image()",
  start: "int64_t stublab_start(stublab_start *, uint64_t)",
  socketPair: "int64_t stublab_socket_pair(void *)",
  confine: "int64_t stublab_confine()",
  memoryFile: "int64_t stublab_memory_file(uint64_t)",
  mapFile: "int64_t stublab_map_file(int32_t, uint64_t)",
  lockFile: "int64_t stublab_lock_file(int32_t)",
  readTrial: "int64_t stublab_read_trial(int32_t, void *)",
  try: "int64_t stublab_try(int32_t, void *, void *, uint32_t, void *, void *)",
  share: "int64_t stublab_share(void *, uint64_t, uint64_t)",
  sigreturnCode: "int64_t stublab_sigreturn_code(void *, uint64_t, uint64_t)",
  sigreturnHandlerOffset: "uint32_t stublab_sigreturn_handler_offset()",
  awaitTurn: "int64_t stublab_await_turn(void *, int64_t, void *)",
  giveTurn: "int64_t stublab_give_turn(void *, int64_t, void *)",
  readComponents: "int64_t stublab_read_components(void *)",
  permittedComponents: "int64_t stublab_permitted_components()",
  openDesk: "int64_t stublab_open_desk(void *, uint64_t, void *, uint64_t)",
  closeDesk: "int64_t stublab_close_desk(void *)",
  handlerCode: "int64_t stublab_handler_code(void *, uint64_t, uint32_t)",
  trampolinesOffset: "uint32_t stublab_trampolines_offset()",
  handlerSetUpOffset: "uint32_t stublab_handler_set_up_offset()",
  handlerIsSetUpOffset: "uint32_t stublab_handler_is_set_up_offset()",
  clearDesk: "int64_t stublab_clear_desk(void *)",
  prepareDesk: "int64_t stublab_prepare_desk(void *)",
  takeDesk: "int64_t stublab_take_desk(void *, void *)",
  switchDesk: "int64_t stublab_switch_desk(void *, void *, void *, void *)",
  switchDeskWait: "int64_t stublab_switch_desk_wait(void *, void *, void *)",
  saveDesk: "int64_t stublab_save_desk(void *, void *, uint64_t)",
  pidfd: "int64_t stublab_pidfd(int32_t)",
  hasEnded: "int64_t stublab_has_ended(int32_t)",
  close: "int64_t stublab_close(int32_t)",
};

/** Binds a function of the library; one that it lacks on this architecture throws when it is called. */
function bind(library: LibraryHandle, prototype: string) {
  try {
    return library.func(prototype);
  } catch {
    return () => {
      throw new UnsupportedError(`${prototype} does not exist on ${HOST_ARCH}`);
    };
  }
}

/** Binds each function when it is first used: to bind all takes 10 ms, as long as to load koffi. */
function bindShim(library: LibraryHandle): Shim {
  const abi: number = library.func("uint32_t stublab_shim_abi()")();
  if (abi !== SHIM_ABI) {
    throw new UnsupportedError(`the shim has ABI version ${abi}, expected ${SHIM_ABI}`, {
      remedy: REBUILD,
    });
  }
  defineStart(loadKoffi());
  const unbound = {};
  for (const [name, prototype] of Object.entries(PROTOTYPES)) {
    const define = (shim: object, value: unknown) =>
      Object.defineProperty(shim, name, {
        value,
        writable: true,
        configurable: true,
        enumerable: true,
      });
    Object.defineProperty(unbound, name, {
      get(this: Shim): unknown {
        const bound: unknown = bind(library, prototype);
        define(this, bound);
        return bound;
      },
      set(this: Shim, value: unknown) {
        define(this, value);
      },
    });
  }
  return Object.create(unbound);
}
