/*
 * What the tracees of judges run: one page of machine code, and behind it a page that it writes to. Both lie at
 * the same address in each of them, so that a case is the same in every run.
 */

/** The page of code, below 4 GB. */
export const CODE = 0x1000_0000n;
/** The page of data, which nobody executes. */
export const DATA = 0x1000_1000n;

/** Byte offsets in the page of data. */
export const SLOTS = {
  /** Where the code that writes registers down was entered. */
  start: 0,
  /** The 16 general registers, in the order of their numbers in machine code. */
  general: 0x08,
  /** es, cs, ss, ds, fs, gs, a word each. */
  selectors: 0x88,
  eflags: 0xb8,
  /** The end of what is written down. */
  end: 0xc0,
  /** Results of rt_sigqueueinfo and of the read from a signalfd. */
  queued: 0x100,
  received: 0x108,
  /** What clone writes: a pidfd or the child's tid, and the child's tid. */
  parentTid: 0x180,
  childTid: 0x188,
  pidfd: 0x190,
  siginfo: 0x200,
  signalfd: 0x300,
  cloneArguments: 0x400,
  /** struct sock_fprog, and the program that it points to. */
  program: 0x600,
  stackEnd: 0x800,
  instructions: 0x800,
} as const;

/** The general registers in the order of their numbers in machine code. */
export const GENERAL: readonly string[] = (
  "rax rcx rdx rbx rsp rbp rsi rdi " + "r8 r9 r10 r11 r12 r13 r14 r15"
).split(" ");
/** The segment registers in that order. */
export const SEGMENTS: readonly string[] = ["es", "cs", "ss", "ds", "fs", "gs"];

const [EAX, ESI, EDI, EDX] = [0, 6, 7, 2];

/** prctl(PR_SET_PDEATHSIG, SIGKILL), pause, exit, read. */
const [SYS_PRCTL, SYS_PAUSE, SYS_EXIT, SYS_READ] = [157, 34, 60, 0];
const [PR_SET_PDEATHSIG, SIGKILL] = [1, 9];
/** Bytes of struct signalfd_siginfo. */
const SIGNALFD_SIGINFO = 128;

/** Machine code that is being written from CODE on. */
class Assembly {
  readonly bytes: number[] = [];

  /** The address of the next instruction. */
  get here(): bigint {
    return CODE + BigInt(this.bytes.length);
  }

  put(...bytes: readonly number[]): void {
    this.bytes.push(...bytes);
  }

  /** Goes on at an offset in the page. */
  at(offset: number): void {
    while (this.bytes.length < offset) this.put(INT3);
  }

  word32(word: number): void {
    for (let shift = 0; shift < 32; shift += 8) this.put((word >>> shift) & 0xff);
  }

  /** The distance to a place in the page of data from the end of an instruction, `rest` bytes further on. */
  slot(offset: number, rest = 0): void {
    this.word32(Number(DATA - this.here) + offset - 4 - rest);
  }

  /** mov [slot], register */
  store(register: number, slot: number): void {
    this.put(0x48 | ((register >> 3) << 2), 0x89, ((register & 7) << 3) | 5);
    this.slot(slot);
  }

  /** mov word [slot], segment register */
  storeSegment(segment: number, slot: number): void {
    this.put(0x8c, (segment << 3) | 5);
    this.slot(slot);
  }

  /** mov dword [slot], constant */
  storeConstant(constant: number, slot: number): void {
    this.put(0xc7, 0x05);
    this.slot(slot, 4);
    this.word32(constant);
  }

  /** mov register, constant (32 bits) */
  load(register: number, constant: number): void {
    this.put(0xb8 | register);
    this.word32(constant);
  }

  /** jmp to an address */
  jump(to: bigint): void {
    this.put(0xe9);
    this.word32(Number(to - this.here) - 4);
  }
}

const INT3 = 0xcc;
const SYSCALL = [0x0f, 0x05];

/**
 * Writes the registers down and meets INT3. It can be entered in three places, each of which notes that it was:
 * two bytes before `entry`, where a restart leads; at `entry`; and after a SYSCALL.
 */
function assembleFrames(code: Assembly) {
  const enter = (address: bigint) => code.storeConstant(Number(address), SLOTS.start);
  // Ten bytes to note the place, five to jump, and two in which `entry` is jumped over backwards.
  const entry = code.here + 17n;
  const afterCall = entry + 12n + 5n;
  const common = afterCall + 10n;
  const restarted = code.here;
  enter(entry - 2n);
  code.jump(common);
  code.put(0xeb, Number(restarted - entry) & 0xff);
  enter(entry);
  code.jump(common);
  const call = code.here;
  code.put(...SYSCALL);
  enter(afterCall);
  for (const i of GENERAL.keys()) code.store(i, SLOTS.general + 8 * i);
  for (const i of SEGMENTS.keys()) code.storeSegment(i, SLOTS.selectors + 8 * i);
  // lea rsp, [end]; pushfq: neither changes a flag.
  code.put(0x48, 0x8d, 0x25);
  code.slot(SLOTS.end);
  code.put(0x9c, INT3);
  return { entry, call, afterCall, landed: code.here };
}

/**
 * A system call that makes children. The parent meets INT3; a child sees to it that it dies with its parent, and
 * then waits to be killed, or exits with r12 where rbx is not 0.
 */
function assembleClone(code: Assembly): bigint {
  const clone = code.here;
  code.put(...SYSCALL);
  // test rax, rax; jz over the INT3
  code.put(0x48, 0x85, 0xc0, 0x74, 0x01, INT3);
  code.load(EAX, SYS_PRCTL);
  code.load(EDI, PR_SET_PDEATHSIG);
  code.load(ESI, SIGKILL);
  code.put(...SYSCALL);
  // test ebx, ebx; jnz over the loop of pause
  code.put(0x85, 0xdb, 0x75, 0x09);
  code.load(EAX, SYS_PAUSE);
  code.put(...SYSCALL, 0xeb, 0xf7);
  // mov edi, r12d
  code.put(0x44, 0x89, 0xe7);
  code.load(EAX, SYS_EXIT);
  code.put(...SYSCALL);
  return clone;
}

/** A call that queues a signal, as its registers say, and a read of it from the signalfd in r12. */
function assembleQueue(code: Assembly): bigint {
  const queue = code.here;
  code.put(...SYSCALL);
  code.store(EAX, SLOTS.queued);
  code.load(EAX, SYS_READ);
  // mov edi, r12d; lea rsi, [signalfd]
  code.put(0x44, 0x89, 0xe7, 0x48, 0x8d, 0x35);
  code.slot(SLOTS.signalfd);
  code.load(EDX, SIGNALFD_SIGINFO);
  code.put(...SYSCALL);
  code.store(EAX, SLOTS.received);
  code.put(INT3);
  return queue;
}

/** Where the calls lie that are only asked about: SYSCALL, INT 0x80, CALL RAX, and an INT3 behind each. */
const QUESTIONS = 0x800;

function assembleQuestions(code: Assembly) {
  code.at(QUESTIONS);
  const syscall = code.here;
  code.put(...SYSCALL, INT3);
  const int80 = code.here;
  code.put(0xcd, 0x80, INT3);
  const callRax = code.here;
  code.put(0xff, 0xd0, INT3);
  return { syscall, int80, callRax };
}

const code = new Assembly();
const frames = assembleFrames(code);
const clone = assembleClone(code);
const queue = assembleQueue(code);
const questions = assembleQuestions(code);

/** Addresses in the page of code; `landed` is where RIP rests once the registers are written down. */
export const PLACES = { ...frames, clone, queue, questions };

/** The bytes of the page of code. */
export const CODE_BYTES: Uint8Array = Uint8Array.from(code.bytes);
