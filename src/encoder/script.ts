import type { Encoder } from "./encoder.ts";
import { CONSTANTS, constant } from "./script_constants.ts";
import { guestFilter } from "./script_filter.ts";

/** 8 MiB: room for a block for every one of some 38,000 threads. */
const BUFFER_SIZE = 8 << 20;

/*
 * The register block, struct user_regs_struct of sys/user.h: 27 little-endian words of 64 bits.
 *
 *     0 r15      56 r10     112 rdi        168 fs_base
 *     8 r14      64 r9      120 orig_rax   176 gs_base
 *    16 r13      72 r8      128 rip        184 ds
 *    24 r12      80 rax     136 cs         192 es
 *    32 rbp      88 rcx     144 eflags     200 fs
 *    40 rbx      96 rdx     152 rsp        208 gs
 *    48 r11     104 rsi     160 ss         216 (end)
 */
const REGISTERS_SIZE = number("REGISTERS_SIZE");
const R15 = number("REG_r15");
const RBX = number("REG_rbx");
const R10 = number("REG_r10");
const R9 = number("REG_r9");
const R8 = number("REG_r8");
const RAX = number("REG_rax");
const RDX = number("REG_rdx");
const RSI = number("REG_rsi");
const RDI = number("REG_rdi");
const ORIG_RAX = number("REG_orig_rax");
const RIP = number("REG_rip");
const EFLAGS = number("REG_eflags");
const RSP = number("REG_rsp");

const SELECTORS = ["cs", "ss", "ds", "es", "fs", "gs"].map((name) => number(`REG_${name}`));
/** Where a system call has its arguments (syscall(2)). */
const ARGUMENTS: readonly number[] = [RDI, RSI, RDX, R10, R8, R9];

/** The trap flag: a trap after every instruction. */
const TRAP_FLAG = constant("X86_EFLAGS_TF");
/** What a CALL pushed. */
const RETURN_ADDRESS_SIZE = 8n;

/** The length of SYSCALL (0f 05). */
const SYSCALL_SIZE = 2n;
/** An orig_rax of -1 says "not in a system call", so the kernel restarts nothing (signal(7)). */
const NO_SYSCALL = -1n;
/** A result is an errno from -4095 up (MAX_ERRNO in include/linux/err.h). */
const MAX_ERRNO = 4095n;
const EINVAL = constant("EINVAL");

const RESTARTS: readonly number[] = [
  number("ERESTARTSYS"),
  number("ERESTARTNOINTR"),
  number("ERESTARTNOHAND"),
  number("ERESTART_RESTARTBLOCK"),
];

/*
 * The first argument of clone(2):
 *
 *     63        32 31              8 7             0
 *    +------------+-----------------+---------------+
 *    |     0      |     CLONE_*     |  exit signal  |
 *    +------------+-----------------+---------------+
 */
const CSIGNAL = constant("CSIGNAL");
const CLONE_MASK = 0xffff_ff00n;

/** What clone(2) refuses with EINVAL: all flags of `set` without the flag of `clear`. */
const REFUSED_CLONES: readonly { set: bigint; clear: bigint }[] = [
  { set: union("CLONE_NEWNS", "CLONE_FS"), clear: 0n },
  { set: union("CLONE_NEWUSER", "CLONE_FS"), clear: 0n },
  { set: union("CLONE_THREAD"), clear: union("CLONE_SIGHAND") },
  { set: union("CLONE_SIGHAND"), clear: union("CLONE_VM") },
  { set: union("CLONE_THREAD", "CLONE_NEWUSER"), clear: 0n },
  { set: union("CLONE_THREAD", "CLONE_NEWPID"), clear: 0n },
  { set: union("CLONE_PIDFD", "CLONE_DETACHED"), clear: 0n },
  // One argument would have to hold both the pidfd and the tid.
  { set: union("CLONE_PIDFD", "CLONE_PARENT_SETTID"), clear: 0n },
  { set: union("CLONE_NEWIPC", "CLONE_SYSVSEM"), clear: 0n },
];

/** wait4 knows these alone; the others of linux/wait.h are waitid's. */
const WAIT_OPTIONS = union(
  "WNOHANG",
  "WUNTRACED",
  "WCONTINUED",
  "__WNOTHREAD",
  "__WALL",
  "__WCLONE",
);

/*
 * The status word of wait4(2):
 *
 *     31         16 15          8  7  6        0
 *    +-------------+-------------+---+----------+
 *    |      0      |  exit code  | 0 |    0     |  exited
 *    |      0      |      0      | c |  signal  |  killed by 1..0x7e; c: core dumped
 *    |    event    |   signal    |     0x7f     |  stopped
 *    |      0      |    0xff     |     0xff     |  continued
 *    +-------------+-------------+---+----------+
 */
const STOP = 0x7f;
const CONTINUED = 0xffff;
const CORE = 0x80;

const WAIT_EXITED = number("WAIT_EXITED");
const WAIT_SIGNALED = number("WAIT_SIGNALED");
const WAIT_STOPPED = number("WAIT_STOPPED");
const WAIT_SYSCALL_STOP = number("WAIT_SYSCALL_STOP");
const WAIT_EVENT = number("WAIT_EVENT");
const WAIT_GROUP_STOP = number("WAIT_GROUP_STOP");
const WAIT_CONTINUED = number("WAIT_CONTINUED");
const WAIT_INVALID = -number("EINVAL");

const SIGTRAP = number("SIGTRAP");
/** What PTRACE_O_TRACESYSGOOD makes of SIGTRAP at a system call (ptrace(2)). */
const SYSCALL_TRAP = SIGTRAP | 0x80;
const EVENT_STOP = number("PTRACE_EVENT_STOP");

/** Bytes of a struct sock_filter (linux/filter.h). */
const INSTRUCTION_SIZE = 8;

/** _NSIG, the number of bits of the kernel's sigset_t (signal(7)). */
const LAST_SIGNAL = number("SIGRTMAX");
/** "It is not possible to block SIGKILL or SIGSTOP" (sigprocmask(2)). */
const UNBLOCKABLE = signalBit(number("SIGKILL")) | signalBit(number("SIGSTOP"));

function number(name: string): number {
  return Number(constant(name));
}

function union(...names: string[]): bigint {
  return names.reduce((set, name) => set | constant(name), 0n);
}

function unsigned(word: bigint): bigint {
  return BigInt.asUintN(64, word);
}

/** A kernel signal set counts from bit 0, signals from 1. */
function signalBit(signal: number): bigint {
  return 1n << BigInt(signal - 1);
}

function stopKind(event: number, signal: number): number {
  if (event === EVENT_STOP && signal !== SIGTRAP) return WAIT_GROUP_STOP;
  if (event !== 0) return WAIT_EVENT;
  return signal === SYSCALL_TRAP ? WAIT_SYSCALL_STOP : WAIT_STOPPED;
}

/** The kind of a word that tells no stop. Bits that its form leaves 0 must be 0. */
function endKind(word: number): number {
  if (word === CONTINUED) return WAIT_CONTINUED;
  if (word >>> 16 !== 0) return WAIT_INVALID;
  const signal = word & 0x7f;
  if (signal === 0) return word & CORE ? WAIT_INVALID : WAIT_EXITED;
  // A low byte of 0xff ends here too: it would be signal 0x7f, which the stop's form takes away.
  return signal === STOP || word >>> 8 !== 0 ? WAIT_INVALID : WAIT_SIGNALED;
}

/**
 * The encoder ABI in plain TypeScript, written from the manual pages and the headers alone, so that
 * a comparison with the other encoders means something.
 *
 * Numbers are converted as WebAssembly converts them: to 32 bits, whatever the caller gives.
 * Offsets that leave the buffer are a RangeError.
 *
 * @example
 * const encoder = new ScriptEncoder();
 * const rax = Number(encoder.constants.get("REG_rax"));
 * new DataView(encoder.buffer).setBigInt64(rax, -22n, true);
 * encoder.syscallErrno(encoder.syscallResult(0)); // 22
 */
export class ScriptEncoder implements Encoder {
  readonly name = "script";
  readonly arch = "amd64";
  readonly buffer = new ArrayBuffer(BUFFER_SIZE);
  readonly heap = 0;
  readonly constants = CONSTANTS;
  readonly #view = new DataView(this.buffer);
  readonly #bytes = new Uint8Array(this.buffer);

  /** Writes the frame of one system call to `block`: x86-64's convention, syscall(2). */
  encodeSyscall(
    block: number,
    initial: number,
    number: bigint,
    arg0: bigint,
    arg1: bigint,
    arg2: bigint,
    arg3: bigint,
    arg4: bigint,
    arg5: bigint,
  ): void {
    this.#copy(block, initial);
    this.#set(block + RAX, number);
    this.#set(block + ORIG_RAX, NO_SYSCALL);
    this.#set(block + RDI, arg0);
    this.#set(block + RSI, arg1);
    this.#set(block + RDX, arg2);
    this.#set(block + R10, arg3);
    this.#set(block + R8, arg4);
    this.#set(block + R9, arg5);
  }

  /** Moves rip back over a SYSCALL. */
  rewindSyscall(block: number): void {
    this.#set(block + RIP, this.#get(block + RIP) - SYSCALL_SIZE);
  }

  /** rax, unsigned. */
  syscallResult(block: number): bigint {
    return this.#get(block + RAX);
  }

  /** The errno of a result, signed or unsigned, or 0. */
  syscallErrno(result: bigint): number {
    const value = BigInt.asIntN(64, result);
    return value < 0n && value >= -MAX_ERRNO ? Number(-value) : 0;
  }

  /** 1 for the errnos by which the kernel asks for another run, else 0. */
  restartsSyscall(errno: number): number {
    return RESTARTS.includes(errno | 0) ? 1 : 0;
  }

  /** The stub code looks for its parent's pid in r15 and for the mark of a clone, 1, in rbx. */
  encodeBootstrap(block: number, parent: number): void {
    this.#set(block + R15, BigInt(parent >>> 0));
    this.#set(block + RBX, 1n);
  }

  /** Flags and exit signal in one word, or -EINVAL where clone(2) has no room or refuses them. */
  encodeClone(flags: bigint, exitSignal: number): bigint {
    const word = unsigned(flags);
    const signal = exitSignal | 0;
    if ((word & ~CLONE_MASK) !== 0n || signal < 0 || signal > 0xff) return -EINVAL;
    const refused = REFUSED_CLONES.some(({ set, clear }) => (word & (set | clear)) === set);
    return refused ? -EINVAL : word | BigInt(signal);
  }

  /** The CLONE_* of a clone word. */
  cloneFlags(word: bigint): bigint {
    return word & CLONE_MASK;
  }

  /** The low byte of a clone word. */
  cloneExitSignal(word: bigint): number {
    return Number(word & CSIGNAL);
  }

  /** The options, or -EINVAL where one of them is not wait4's. */
  encodeWaitOptions(options: bigint): bigint {
    const word = unsigned(options);
    return (word & ~WAIT_OPTIONS) === 0n ? word : -EINVAL;
  }

  /** Which WAIT_* a status word tells, or -EINVAL. */
  waitKind(status: number): number {
    const word = status >>> 0;
    if ((word & 0xff) === STOP) return stopKind(word >>> 16, (word >>> 8) & 0xff);
    return endKind(word);
  }

  /** The exit code or the signal; SIGTRAP at a system call; 0 where there is neither. */
  waitValue(status: number): number {
    switch (this.waitKind(status)) {
      case WAIT_CONTINUED:
      case WAIT_INVALID:
        return 0;
      case WAIT_SIGNALED:
        return status & 0x7f;
      case WAIT_SYSCALL_STOP:
        return SIGTRAP;
      default:
        return (status >>> 8) & 0xff;
    }
  }

  /** The PTRACE_EVENT_* of a stop, or 0. */
  waitEvent(status: number): number {
    return (status & 0xff) === STOP ? status >>> 16 : 0;
  }

  /** 1 if the word tells a death that dumped core, else 0. */
  waitCoreDumped(status: number): number {
    return this.waitKind(status) === WAIT_SIGNALED && (status & CORE) !== 0 ? 1 : 0;
  }

  /** The status word of a stop by `signal`. */
  encodeStop(signal: number): number {
    return (signal << 8) | STOP;
  }

  /** Copies the six segment selectors, and says that no system call is under way. */
  enterGuest(block: number, initial: number): void {
    for (const selector of SELECTORS) this.#set(block + selector, this.#get(initial + selector));
    this.#set(block + ORIG_RAX, NO_SYSCALL);
  }

  /** 1 if eflags has TF, else 0. */
  isSingleStepping(block: number): number {
    return (this.#get(block + EFLAGS) & TRAP_FLAG) !== 0n ? 1 : 0;
  }

  /** orig_rax goes to rax, where the guest had put it; the kernel takes its low 32 bits for the number. */
  decodeGuestSyscall(block: number): number {
    const word = this.#get(block + ORIG_RAX);
    this.#set(block + RAX, word);
    return Number(BigInt.asIntN(32, word));
  }

  /** An argument, unsigned; 0 for an index outside 0..5. */
  guestArgument(block: number, index: number): bigint {
    const register = ARGUMENTS[index | 0];
    return register === undefined ? 0n : this.#get(block + register);
  }

  /** Puts the result into rax, and takes the guest out of its call. */
  encodeGuestResult(block: number, result: bigint): void {
    this.#set(block + RAX, result);
  }

  /** Back to the call of `address`: the return address that the kernel popped is on the stack again. */
  rewindVsyscall(block: number, address: bigint): void {
    this.#set(block + RIP, address);
    this.#set(block + RSP, this.#get(block + RSP) - RETURN_ADDRESS_SIZE);
  }

  /** Writes the filter as struct sock_filter: code (16 bits), jt and jf (8 each), k (32). */
  encodeSeccomp(at: number, exitSignal: number): number {
    const program = guestFilter(exitSignal);
    for (const [i, { code, jt, jf, k }] of program.entries()) {
      const offset = at + INSTRUCTION_SIZE * i;
      this.#view.setUint16(offset, code, true);
      this.#view.setUint8(offset + 2, jt);
      this.#view.setUint8(offset + 3, jf);
      this.#view.setUint32(offset + 4, k, true);
    }
    return program.length;
  }

  /** The set of one signal; empty outside 1..64. */
  signalSet(signal: number): bigint {
    const bounded = signal | 0;
    return bounded >= 1 && bounded <= LAST_SIGNAL ? signalBit(bounded) : 0n;
  }

  /** `set` without SIGKILL and SIGSTOP, unsigned. */
  blockableSignals(set: bigint): bigint {
    return unsigned(set & ~UNBLOCKABLE);
  }

  #get(offset: number): bigint {
    return this.#view.getBigUint64(offset, true);
  }

  /** setBigUint64 keeps the value modulo 2^64, so any BigInt will do. */
  #set(offset: number, value: bigint): void {
    this.#view.setBigUint64(offset, value, true);
  }

  /** As bytes: a DataView would make 27 BigInts and take ten times as long. */
  #copy(to: number, from: number): void {
    this.#bytes.set(new Uint8Array(this.buffer, from, REGISTERS_SIZE), to);
  }
}
