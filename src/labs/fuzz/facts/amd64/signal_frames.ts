import { CODE, placeOf, SCRATCH, SCRATCH_SIZE, STACK } from "../../case/amd64/code.ts";
import { each, requestFacts } from "../read/bench.ts";
import { half, int, register, word } from "../read/places.ts";
import {
  arrive,
  call,
  go,
  MUST,
  next,
  poke,
  read,
  type Script,
  signal,
  TRACEE,
  type Word,
} from "../read/verbs.ts";

const SIGNAL = "arch/x86/kernel/signal_64.c";
const RESTORE = "restore_altstack, kernel/signal.c";
// asm/unistd_64.h, asm/signal.h
const [RT_SIGACTION, RT_SIGRETURN, SIGALTSTACK] = [13, 15n, 131];
const [SA_SIGINFO, SA_RESTORER, SA_ONSTACK] = [4n, 0x400_0000n, 0x800_0000n];
const [SS_DISABLE, SS_AUTODISARM] = [2n, 1n << 31n];
const SIGUSR1 = 10;
/** A number of no flag of stack_t. */
const UNKNOWN = 4n;
const MINSIGSTKSZ = 2048n;

/** An alternate stack: where it begins, flags, and its size. */
type Stack = readonly [begin: bigint, flags: bigint, size: bigint];
const FIRST: Stack = [SCRATCH, 0n, 0x2000n];
const SECOND: Stack = [SCRATCH + 0x800n, 0n, MINSIGSTKSZ];
const REFUSED = {
  "an unknown flag": [SCRATCH, UNKNOWN, 0x2000n],
  "a size below MINSIGSTKSZ": [SCRATCH, 0n, MINSIGSTKSZ - 1n],
} as const;

/** Where the tracee has what sigaltstack says. */
const TOLD = SCRATCH + 0x400n;
const ask = call(SIGALTSTACK, 0, TOLD);
const setStack = (stack: Stack): Script => [poke(stack), call(SIGALTSTACK, SCRATCH), MUST];

/** Returns from a signal frame whose ucontext has an alternate stack, to an INT3. */
function returnWith(stack: Stack): Script {
  const registers = Array.from({ length: 15 }, () => 0n);
  const rest = Array.from({ length: 14 }, () => 0n);
  // rsp, rip, eflags, and the selectors of cs and ss.
  const last = [STACK, placeOf("int3"), 0x202n, (0x2bn << 48n) | 0x33n];
  return [
    poke([0n, 0n, ...stack, ...registers, ...last, ...rest]),
    ...[go({ rax: RT_SIGRETURN, rsp: SCRATCH }, "syscall"), arrive("SIGTRAP")],
  ];
}

/** Enters a handler that uses the alternate stack. */
const handle: Script = [
  poke([placeOf("handler"), SA_SIGINFO | SA_RESTORER | SA_ONSTACK, placeOf("handler"), 0n]),
  ...[call(RT_SIGACTION, SIGUSR1, SCRATCH, 0, 8), MUST],
  ...[signal(SIGUSR1), next(), arrive("SIGUSR1"), next("CONT", SIGUSR1), arrive("SIGTRAP")],
];

const told = (offset: bigint) => read("PEEKDATA", TOLD + offset);
const [BEGIN, FLAGS, SIZE] = [told(0n), told(8n), told(16n)];

const UNREADABLE: readonly Word[] = [
  0n,
  CODE + 4096n,
  SCRATCH + BigInt(SCRATCH_SIZE - 96),
  1n << 62n,
];
const RIP = placeOf("syscall") + 2n;
const fail = (rsp: Word): Script => [
  TRACEE,
  go({ rax: RT_SIGRETURN, rsp: BigInt(rsp) }, "syscall"),
];

export const signalFrames = requestFacts(
  "frames of rt_sigreturn",
  {
    "rt_sigreturn makes uc_stack the alternate stack": [
      RESTORE,
      [returnWith(FIRST), ask],
      ["ss_sp", BEGIN, { word: FIRST[0] }],
      ["ss_flags", FLAGS, { half: FIRST[1] }],
      ["ss_size", SIZE, { word: FIRST[2] }],
    ],
    "After rt_sigreturn with SS_DISABLE in uc_stack there is no alternate stack": [
      RESTORE,
      [setStack(SECOND), returnWith([SCRATCH, SS_DISABLE, 0x2000n]), ask],
      ["ss_sp", BEGIN, { word: 0n }],
      ["ss_flags", FLAGS, { half: SS_DISABLE }],
    ],
    "A uc_stack that sigaltstack refuses has no effect, and is no error": [
      RESTORE,
      ...each("%", Object.entries(REFUSED), ([, stack]) => [
        [TRACEE, setStack(SECOND), returnWith(stack), ask, BEGIN],
        { word: SECOND[0] },
      ]),
    ],
    "While a handler runs the alternate stack stays; SS_AUTODISARM removes it": [
      `x64_setup_rt_frame, ${SIGNAL}`,
      ...each("ss_flags = %", [0n, SS_AUTODISARM], (flags) => [
        [TRACEE, setStack([SCRATCH, flags, 0x2000n]), handle, ask, FLAGS],
        { half: flags === 0n ? 0n : SS_DISABLE },
      ]),
    ],
    "rt_sigreturn with rsp where no whole frame is readable: SIGSEGV, SI_KERNEL, and rax is 0": [
      `rt_sigreturn, ${SIGNAL}`,
      ...each("rsp = 0x%", UNREADABLE, (rsp) => [
        [fail(rsp), read("GETREGS")],
        { stop: "SIGSEGV", rax: 0n, rip: RIP, rsp: BigInt(rsp) },
      ]),
      ["its siginfo", [fail(0n), read("GETSIGINFO")], { stop: "SIGSEGV", code: 128 }],
    ],
  },
  {
    ...{ word: word(0), half: half(0), code: int(8) },
    ...{ rax: register("rax"), rip: register("rip"), rsp: register("rsp") },
  },
);
