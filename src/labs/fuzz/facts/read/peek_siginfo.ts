import { FORCE_SIG, REQUEST } from "../sources.ts";
import { BREAKPOINT } from "./arch.ts";
import { answers, each, pairs, refused, requestFacts } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import { int, word } from "./places.ts";
import {
  ANSWER,
  ASIDE,
  go,
  kill,
  next,
  read,
  request,
  type Script,
  signal,
  TID,
  type Word,
  write,
} from "./verbs.ts";

const PEEK = "ptrace_peek_siginfo, kernel/ptrace.c";
/** PTRACE_PEEKSIGINFO_SHARED */
const SHARED = 1;
/** sizeof(siginfo_t) */
const SIZE = 128;
const [SIGTRAP, SIGUSR1, SIGUSR2, SIGRTMIN, SIGWINCH] = [5, 10, 12, 34, 28];
/** Signals of the thread in the order in which they are sent. */
const PENDING = [SIGRTMIN, SIGUSR2, SIGRTMIN, SIGUSR1];

interface Args {
  readonly off?: number | bigint;
  readonly flags?: number;
  readonly nr?: number;
}

/** The struct of arguments of PTRACE_PEEKSIGINFO. */
const args = ({ off = 0, flags = 0, nr = 1 }: Args): readonly Word[] => [
  off,
  (BigInt(nr) << 32n) | BigInt(flags),
];
const peek = (it: Args) => read("PEEKSIGINFO", ASIDE, ANSWER, ...args(it));

const nameOf = (i: number) => `signal ${i}`;
const found = (...signals: readonly number[]) => ({
  ...{ result: signals.length, written: SIZE * signals.length },
  ...Object.fromEntries(signals.map((signal, i) => [nameOf(i), signal])),
});
/** The signals of an answer, one after the other. */
const SIGNALS = Object.fromEntries(PENDING.map((_, i) => [nameOf(i), int(SIZE * i)]));

/** Makes signals pending. */
const pending: Script = PENDING.map(signal);

const masked = (mask: bigint) => write("SETSIGMASK", [mask], 8);
const MASK = read("GETSIGMASK", 8);

export const peekSiginfo = requestFacts(
  "PEEKSIGINFO, GETSIGMASK",
  {
    "PEEKSIGINFO copies up to nr pending signals from off on, in the order in which they were sent":
      [
        PEEK,
        pending,
        ...each("off %, nr %", pairs([0, 1, 2, 3, 4, 5], [0, 1, 2, 32]), ([off, nr]) => [
          peek({ off, nr }),
          found(...PENDING.slice(off, off + nr)),
        ]),
        ["off 2^64 - 1", peek({ off: (1n << 64n) - 1n }), found()],
      ],
    "PEEKSIGINFO leaves the signals pending": [
      PEEK,
      pending,
      peek({ nr: 4 }),
      ["read again", peek({ nr: 4 }), found(...PENDING)],
      ["delivered", next(), { stop: "SIGUSR1" }],
      ["then", peek({ nr: 4 }), found(SIGRTMIN, SIGUSR2, SIGRTMIN)],
    ],
    "PEEKSIGINFO with PTRACE_PEEKSIGINFO_SHARED has the signals of the process, without those of the thread":
      [
        PEEK,
        pending,
        // SIGWINCH becomes pending, too: a traced task is notified of ignored signals.
        [kill(SIGWINCH), kill(SIGUSR1)],
        ["shared", peek({ flags: SHARED, nr: 8 }), found(SIGWINCH, SIGUSR1)],
        ["the thread's", peek({ nr: 8 }), found(...PENDING)],
      ],
    "PEEKSIGINFO without pending signals is 0": [
      PEEK,
      ...each("flags %", [0, SHARED], (flags) => [peek({ flags, nr: 4 }), found()]),
    ],
    "PEEKSIGINFO with an unknown flag, or a negative nr, is EINVAL": [
      PEEK,
      pending,
      ...each("flags %", [2, 0x8000_0001], (flags) => [peek({ flags }), refused("EINVAL")]),
      ...each("nr %", [-1, -(2 ** 31)], (nr) => [peek({ nr }), refused("EINVAL")]),
    ],
    "PEEKSIGINFO with arguments, or an answer, that are not mapped is EFAULT": [
      PEEK,
      pending,
      ["arguments", request("PEEKSIGINFO", NOWHERE, NOWHERE), "EFAULT"],
      ["answer", request("PEEKSIGINFO", ASIDE, NOWHERE, TID, ...args({})), "EFAULT"],
    ],
    "GETSIGMASK of 8 bytes has the mask that was set": [
      REQUEST,
      ...each("0x%", [0n, 0x1234n, 1n << 63n], (mask) => [
        [masked(mask), MASK],
        answers(8, { mask }),
      ]),
    ],
    "GETSIGMASK of another size is EINVAL, and to an address that is not mapped EFAULT": [
      REQUEST,
      ...each("% bytes", [0, 4, 7, 9, 16, 128, 2 ** 32 + 8], (size) => [
        read("GETSIGMASK", size),
        refused("EINVAL"),
      ]),
      ["not mapped", request("GETSIGMASK", 8, NOWHERE), "EFAULT"],
    ],
    [`${BREAKPOINT.name} with SIGTRAP blocked takes SIGTRAP out of the mask`]: [
      FORCE_SIG,
      ["", [masked((1n << BigInt(SIGTRAP - 1)) | 1n), go({}, BREAKPOINT.code), MASK], { mask: 1n }],
    ],
  },
  { ...SIGNALS, mask: word(0) },
);
