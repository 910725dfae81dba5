import { pairs } from "../fact.ts";
import { FORCE_SIG, REQUEST } from "../sources.ts";
import { type Answer, answers, intAt, refused, wordAt } from "./answer.ts";
import { each, read, request, requestFacts, type Step } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

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

/** The struct of arguments of PTRACE_PEEKSIGINFO; returns its address. */
function put(tracee: Tracee, { off = 0n, flags = 0, nr = 1 }: Args): number {
  const word = BigInt.asUintN(64, (BigInt(nr) << 32n) | BigInt(flags));
  return tracee.memory.putAside(new Uint8Array(BigUint64Array.of(BigInt(off), word).buffer));
}

const peek = (args: Args) => (tracee: Tracee) => {
  const request = (data: number) => tracee.request("PEEKSIGINFO", put(tracee, args), data);
  const answer = tracee.memory.read(request);
  return { ...answer, signals: signalsOf(answer) };
};

function signalsOf(answer: Answer): string {
  const count = typeof answer.result === "number" ? answer.result : 0;
  return listOf(Array.from({ length: count }, (_, i) => intAt(answer, SIZE * i)));
}

const listOf = (signals: readonly number[]) => signals.join(" ") || "none";

const found = (...signals: number[]) => {
  const written = SIZE * signals.length;
  return { result: signals.length, written, signals: listOf(signals) };
};

/** Makes signals pending. */
const pending: Step = (tracee) => PENDING.reduce((it, signal) => it.signal(signal), tracee);

const masked = (tracee: Tracee, mask: bigint) => {
  tracee.write("SETSIGMASK", BigUint64Array.of(mask), 8);
  return tracee;
};
const maskOf = (tracee: Tracee) => {
  const answer = tracee.read("GETSIGMASK", 8);
  return { ...answer, mask: wordAt(answer, 0) };
};

export const peekSiginfo = requestFacts("PEEKSIGINFO, GETSIGMASK", {
  "PEEKSIGINFO copies up to nr pending signals from off on, in the order in which they were sent": [
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
    ["delivered", (t) => ({ stop: t.next() }), { stop: "SIGUSR1" }],
    ["then", peek({ nr: 4 }), found(SIGRTMIN, SIGUSR2, SIGRTMIN)],
  ],
  "PEEKSIGINFO with PTRACE_PEEKSIGINFO_SHARED has the signals of the process, without those of the thread":
    [
      PEEK,
      pending,
      // SIGWINCH becomes pending, too: a traced task is notified of ignored signals.
      (t) => t.kill(SIGWINCH).kill(SIGUSR1),
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
    ["answer", (t) => t.request("PEEKSIGINFO", put(t, {}), NOWHERE), "EFAULT"],
  ],
  "GETSIGMASK of 8 bytes has the mask that was set": [
    REQUEST,
    ...each("0x%", [0n, 0x1234n, 1n << 63n], (mask) => [
      (t) => maskOf(masked(t, mask)),
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
  "INT3 with SIGTRAP blocked takes SIGTRAP out of the mask": [
    FORCE_SIG,
    ["", (t) => maskOf(masked(t, (1n << BigInt(SIGTRAP - 1)) | 1n).run({}, "int3")), { mask: 1n }],
  ],
});
