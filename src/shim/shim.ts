import type { LibraryHandle } from "koffi";
import { REBUILD, UnsupportedError } from "../errors.ts";
import { HOST_ARCH } from "./host_arch.ts";
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

/** A function of the library; one that it lacks on this architecture throws when it is called. */
function bound(library: LibraryHandle, prototype: string) {
  try {
    return library.func(prototype);
  } catch {
    return () => {
      throw new UnsupportedError(`${prototype} does not exist on ${HOST_ARCH}`);
    };
  }
}

function bindShim(library: LibraryHandle): Shim {
  const abi: number = library.func("uint32_t stublab_shim_abi()")();
  if (abi !== SHIM_ABI) {
    throw new UnsupportedError(`the shim has ABI version ${abi}, expected ${SHIM_ABI}`, {
      remedy: REBUILD,
    });
  }
  const bind = (prototype: string) => bound(library, prototype);
  defineStart(loadKoffi());
  return {
    gettid: bind("int32_t stublab_gettid()"),
    mapStub: bind("int64_t stublab_map_stub(uint64_t)"),
    probePage: bind("int64_t stublab_probe_page(uint64_t)"),
    stubSyscallOffset: bind("uint32_t stublab_stub_syscall_offset()"),
    stubRestOffset: bind("uint32_t stublab_stub_rest_offset()"),
    stubServeOffset: bind("uint32_t stublab_stub_serve_offset()"),
    stubWakeOffset: bind("uint32_t stublab_stub_wake_offset()"),
    stubSleepOffset: bind("uint32_t stublab_stub_sleep_offset()"),
    mapShared: bind("int64_t stublab_map_shared(uint64_t)"),
    fork: bind(
      "int64_t stublab_fork(uint64_t, uint64_t, uint32_t, uint64_t, void *, uint32_t, uint32_t)",
    ),
    ptrace: bind("int64_t stublab_ptrace(int64_t, int32_t, uint64_t, uint64_t)"),
    ptraceMemory: bind("int64_t stublab_ptrace(int64_t, int32_t, uint64_t, void *)"),
    wait: bind("int64_t stublab_wait(int32_t, uint32_t, int64_t, void *)"),
    readRegisters: bind("int64_t stublab_read_registers(int32_t, void *)"),
    writeRegisters: bind("int64_t stublab_write_registers(int32_t, void *)"),
    setMask: bind("int64_t stublab_set_mask(int32_t, uint64_t)"),
    block: bind("int64_t stublab_block(int32_t, uint64_t, void *)"),
    attach: bind("int64_t stublab_attach(int32_t, int32_t)"),
    timeLeft: bind("int64_t stublab_time_left(void *)"),
    processorTime: bind("int64_t stublab_processor_time(int32_t)"),
    waitWithin: bind("int64_t stublab_wait_within(int32_t, uint32_t, void *, void *)"),
    inject: bind("int64_t stublab_inject(int32_t, void *, void *)"),
    ringTurn: bind("int64_t stublab_ring_turn(int32_t, uint64_t, void *, int32_t)"),
    switch: bind("int64_t stublab_switch(int32_t, void *, void *, void *)"),
    switchChanged: bind("int64_t stublab_switch_changed(int32_t, void *, void *, void *, void *)"),
    switchWait: bind("int64_t stublab_switch_wait(int32_t, void *, void *, void *)"),
    readXstate: bind("int64_t stublab_read_xstate(int32_t, void *, uint64_t)"),
    writeXstate: bind("int64_t stublab_write_xstate(int32_t, void *, uint64_t)"),
    freshXstate: bind("int64_t stublab_fresh_xstate(int32_t, void *, uint64_t, uint64_t)"),
    freshFrame: bind("int64_t stublab_fresh_frame(int32_t, void *, uint64_t, uint64_t, uint64_t)"),
    getcpu: bind("int64_t stublab_getcpu()"),
    bind: bind("int64_t stublab_bind(int32_t, uint32_t)"),
    getAffinity: bind("int64_t stublab_get_affinity(int32_t, void *, uint64_t)"),
    setAffinity: bind("int64_t stublab_set_affinity(int32_t, void *, uint64_t)"),
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
    try: bind("int64_t stublab_try(int32_t, void *, void *, uint32_t, void *, void *)"),
    share: bind("int64_t stublab_share(void *, uint64_t, uint64_t)"),
    sigreturnCode: bind("int64_t stublab_sigreturn_code(void *, uint64_t, uint64_t)"),
    sigreturnHandlerOffset: bind("uint32_t stublab_sigreturn_handler_offset()"),
    awaitTurn: bind("int64_t stublab_await_turn(void *, int64_t, void *)"),
    giveTurn: bind("int64_t stublab_give_turn(void *, int64_t, void *)"),
    readComponents: bind("int64_t stublab_read_components(void *)"),
    permittedComponents: bind("int64_t stublab_permitted_components()"),
    openDesk: bind("int64_t stublab_open_desk(void *, uint64_t, void *, uint64_t)"),
    closeDesk: bind("int64_t stublab_close_desk(void *)"),
    handlerCode: bind("int64_t stublab_handler_code(void *, uint64_t, uint32_t)"),
    trampolinesOffset: bind("uint32_t stublab_trampolines_offset()"),
    handlerSetUpOffset: bind("uint32_t stublab_handler_set_up_offset()"),
    handlerIsSetUpOffset: bind("uint32_t stublab_handler_is_set_up_offset()"),
    clearDesk: bind("int64_t stublab_clear_desk(void *)"),
    prepareDesk: bind("int64_t stublab_prepare_desk(void *)"),
    takeDesk: bind("int64_t stublab_take_desk(void *, void *)"),
    switchDesk: bind("int64_t stublab_switch_desk(void *, void *, void *, void *)"),
    switchDeskWait: bind("int64_t stublab_switch_desk_wait(void *, void *, void *)"),
    saveDesk: bind("int64_t stublab_save_desk(void *, void *, uint64_t)"),
    pidfd: bind("int64_t stublab_pidfd(int32_t)"),
    hasEnded: bind("int64_t stublab_has_ended(int32_t)"),
    close: bind("int64_t stublab_close(int32_t)"),
  };
}
