// An encoder in JavaScript for amd64, which needs no build: the bootstrap convention, wait4 and signals.
// docs/encoder-abi.md says what each function does; what is missing here is not compared.
//
//   npx stublab compare examples/encoders/encoder.mjs
//
// An i32 is a Number and an i64 a BigInt. Constants are exports under the kernel's own names.

export const ENCODER_ABI = 2;
/** All of it is the host's, because there is no `heap`. */
export const memory = new ArrayBuffer(1 << 20);
const words = new BigUint64Array(memory);

// struct user_regs_struct
export const REGISTERS_SIZE = 216;
// biome-ignore format: in the order of the block
export const REG_r15 = 0, REG_r14 = 8, REG_r13 = 16, REG_r12 = 24, REG_rbp = 32, REG_rbx = 40, REG_r11 = 48,
  REG_r10 = 56, REG_r9 = 64, REG_r8 = 72, REG_rax = 80, REG_rcx = 88, REG_rdx = 96, REG_rsi = 104, REG_rdi = 112,
  REG_orig_rax = 120, REG_rip = 128, REG_cs = 136, REG_eflags = 144, REG_rsp = 152, REG_ss = 160, REG_fs_base = 168,
  REG_gs_base = 176, REG_ds = 184, REG_es = 192, REG_fs = 200, REG_gs = 208;

export function encodeBootstrap(block, parent) {
  words[(block + REG_r15) / 8] = BigInt(parent >>> 0);
  words[(block + REG_rbx) / 8] = 1n;
}

const EINVAL = 22;
export const WNOHANG = 1n;
export const WUNTRACED = 2n;
export const WCONTINUED = 8n;
export const __WNOTHREAD = 0x20000000n;
export const __WALL = 0x40000000n;
export const __WCLONE = 0x80000000n;
const OPTIONS = WNOHANG | WUNTRACED | WCONTINUED | __WNOTHREAD | __WALL | __WCLONE;

export function encodeWaitOptions(options) {
  return (options & ~OPTIONS) === 0n ? options : BigInt(-EINVAL);
}

export const WAIT_EXITED = 0;
export const WAIT_SIGNALED = 1;
export const WAIT_STOPPED = 2;
export const WAIT_SYSCALL_STOP = 3;
export const WAIT_EVENT = 4;
export const WAIT_GROUP_STOP = 5;
export const WAIT_CONTINUED = 6;
const SIGTRAP = 5;
const EVENT_STOP = 128;

export function waitKind(status) {
  const [signal, value, event] = [status & 0x7f, (status >> 8) & 0xff, status >>> 16];
  if (status === 0xffff) return WAIT_CONTINUED;
  if ((status & 0xff) === 0x7f) {
    if (event === EVENT_STOP && value !== SIGTRAP) return WAIT_GROUP_STOP;
    if (event !== 0) return WAIT_EVENT;
    return value === (SIGTRAP | 0x80) ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
  }
  if ((status & 0xffff00ff) === 0) return WAIT_EXITED;
  return status >>> 8 === 0 && signal !== 0 && signal !== 0x7f ? WAIT_SIGNALED : -EINVAL;
}

export const encodeStop = (signal) => (signal << 8) | 0x7f;

export function signalSet(signal) {
  return signal >= 1 && signal <= 64 ? 1n << BigInt(signal - 1) : 0n;
}

/** Without SIGKILL, 9, and SIGSTOP, 19. */
export const blockableSignals = (set) => set & ~(signalSet(9) | signalSet(19));
