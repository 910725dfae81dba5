import { EncoderError, REBUILD } from "../errors.ts";
import { loadLibrary } from "../shim.ts";
import { ENCODER_ABI, type Encoder } from "./encoder.ts";

/** As much memory as the other encoders have: some 30,000 register blocks. */
const BUFFER_SIZE = 8 << 20;

/** The encoder of shim/native/: C, compiled against the system's headers. */
export function openNativeEncoder(): Encoder {
  const library = loadLibrary("native.so");
  const bind = (prototype: string) => library.func(prototype);
  if (BigInt(bind("uint32_t native_encoder_abi()")()) !== ENCODER_ABI) {
    throw new EncoderError("native.so speaks another version of the encoder ABI", {
      remedy: REBUILD,
    });
  }
  const buffer = new ArrayBuffer(BUFFER_SIZE);
  const memory = new Uint8Array(buffer);
  const encodeSyscall = bind(
    "void native_encode_syscall(void *, uint32_t, uint32_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t, uint64_t)",
  );
  const rewindSyscall = bind("void native_rewind_syscall(void *, uint32_t)");
  const syscallResult = bind("uint64_t native_syscall_result(void *, uint32_t)");
  const encodeBootstrap = bind("void native_encode_bootstrap(void *, uint32_t, int32_t)");
  const syscallErrno = bind("int32_t native_syscall_errno(uint64_t)");
  const encodeClone = bind("int64_t native_encode_clone(uint64_t, int32_t)");
  const cloneFlags = bind("uint64_t native_clone_flags(uint64_t)");
  const cloneExitSignal = bind("int32_t native_clone_exit_signal(uint64_t)");
  const encodeWaitOptions = bind("int64_t native_encode_wait_options(uint64_t)");
  const enterGuest = bind("void native_enter_guest(void *, uint32_t, uint32_t)");
  const isSingleStepping = bind("int32_t native_is_single_stepping(void *, uint32_t)");
  const decodeGuestSyscall = bind("int32_t native_decode_guest_syscall(void *, uint32_t)");
  const guestArgument = bind("uint64_t native_guest_argument(void *, uint32_t, int32_t)");
  const encodeGuestResult = bind("void native_encode_guest_result(void *, uint32_t, uint64_t)");
  const rewindVsyscall = bind("void native_rewind_vsyscall(void *, uint32_t, uint64_t)");
  const encodeSeccomp = bind("int32_t native_encode_seccomp(void *, uint32_t, int32_t)");
  const signalSet = bind("uint64_t native_signal_set(int32_t)");
  const blockableSignals = bind("uint64_t native_blockable_signals(uint64_t)");
  return {
    name: "native",
    arch: "amd64",
    buffer,
    heap: 0,
    constants: readConstants(
      bind("const char *native_constant_name(uint32_t)"),
      bind("int64_t native_constant_value(uint32_t)"),
    ),
    encodeSyscall: (block, initial, number, a, b, c, d, e, f) =>
      encodeSyscall(memory, block, initial, ...[number, a, b, c, d, e, f].map(word)),
    rewindSyscall: (block) => rewindSyscall(memory, block),
    syscallResult: (block) => BigInt(syscallResult(memory, block)),
    syscallErrno: (result) => syscallErrno(word(result)),
    restartsSyscall: bind("int32_t native_restarts_syscall(int32_t)"),
    encodeBootstrap: (block, parent) => encodeBootstrap(memory, block, parent),
    encodeClone: (flags, exitSignal) => BigInt(encodeClone(word(flags), exitSignal)),
    cloneFlags: (flags) => BigInt(cloneFlags(word(flags))),
    cloneExitSignal: (flags) => cloneExitSignal(word(flags)),
    encodeWaitOptions: (options) => BigInt(encodeWaitOptions(word(options))),
    waitKind: bind("int32_t native_wait_kind(int32_t)"),
    waitValue: bind("int32_t native_wait_value(int32_t)"),
    waitEvent: bind("int32_t native_wait_event(int32_t)"),
    waitCoreDumped: bind("int32_t native_wait_core_dumped(int32_t)"),
    encodeStop: bind("int32_t native_encode_stop(int32_t)"),
    enterGuest: (block, initial) => enterGuest(memory, block, initial),
    isSingleStepping: (block) => isSingleStepping(memory, block),
    decodeGuestSyscall: (block) => decodeGuestSyscall(memory, block),
    guestArgument: (block, index) => BigInt(guestArgument(memory, block, index)),
    encodeGuestResult: (block, result) => encodeGuestResult(memory, block, word(result)),
    rewindVsyscall: (block, address) => rewindVsyscall(memory, block, word(address)),
    encodeSeccomp: (at, exitSignal) => encodeSeccomp(memory, at, exitSignal),
    signalSet: (signal) => BigInt(signalSet(signal)),
    blockableSignals: (set) => BigInt(blockableSignals(word(set))),
  };
}

/** koffi turns what does not fit into 64 bits into 0, without a word. */
function word(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

function readConstants(
  nameAt: (index: number) => string | null,
  valueAt: (index: number) => number | bigint,
): Map<string, bigint> {
  const constants = new Map<string, bigint>();
  for (let i = 0; ; i++) {
    const name = nameAt(i);
    if (name === null) return constants;
    constants.set(name, BigInt(valueAt(i)));
  }
}
