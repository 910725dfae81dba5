import { requestFacts } from "../fact.ts";
import { REQUEST } from "../sources.ts";
import { type Answer, intAt, wordAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
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
  readonly off?: bigint;
  readonly flags?: number;
  readonly nr?: number;
}

/** PTRACE_PEEKSIGINFO with its struct of arguments. */
function peek(tracee: Tracee, { off = 0n, flags = 0, nr = 1 }: Args) {
  const words = BigUint64Array.of(off, BigInt.asUintN(64, (BigInt(nr) << 32n) | BigInt(flags)));
  const answer = tracee.memory.read((data) => {
    const args = tracee.memory.putAside(new Uint8Array(words.buffer));
    return tracee.request("PEEKSIGINFO", args, data);
  });
  return { ...answer, signals: signalsOf(answer) };
}

function signalsOf(answer: Answer): string {
  const count = typeof answer.result === "number" ? answer.result : 0;
  return listOf(Array.from({ length: count }, (_, i) => intAt(answer, SIZE * i)));
}

function listOf(signals: readonly number[]): string {
  return signals.length === 0 ? "none" : signals.join(" ");
}

/** A stopped tracee with pending signals. */
function pending(bench: Bench): Tracee {
  const tracee = bench.tracee();
  for (const signal of PENDING) tracee.signal(signal);
  return tracee;
}

const found = (...signals: number[]) => ({
  ...{ result: signals.length, written: SIZE * signals.length, signals: listOf(signals) },
});

export const peekSiginfo = requestFacts("PEEKSIGINFO, GETSIGMASK", (fact) => {
  fact(
    "PEEKSIGINFO copies up to nr pending signals from off on, in the order in which they were sent",
    PEEK,
    (bench) => {
      const tracee = pending(bench);
      for (let off = 0; off <= PENDING.length + 1; off++) {
        for (const nr of [0, 1, 2, 32]) {
          const expected = found(...PENDING.slice(off, off + nr));
          bench.check(`off ${off}, nr ${nr}`, peek(tracee, { off: BigInt(off), nr }), expected);
        }
      }
      const far = peek(tracee, { off: (1n << 64n) - 1n, nr: 1 });
      bench.check("off 2^64 - 1", far, found());
    },
  );
  fact("PEEKSIGINFO leaves the signals pending", PEEK, (bench) => {
    const tracee = pending(bench);
    peek(tracee, { nr: 4 });
    bench.check("read again", peek(tracee, { nr: 4 }), found(...PENDING));
    bench.check("delivered", { stop: tracee.next() }, { stop: "SIGUSR1" });
    bench.check("then", peek(tracee, { nr: 4 }), found(SIGRTMIN, SIGUSR2, SIGRTMIN));
  });
  fact(
    "PEEKSIGINFO with PTRACE_PEEKSIGINFO_SHARED has the signals of the process, without those of the thread",
    PEEK,
    (bench) => {
      const tracee = pending(bench);
      process.kill(tracee.tid, SIGWINCH);
      process.kill(tracee.tid, SIGUSR1);
      const shared = peek(tracee, { flags: SHARED, nr: 8 });
      // SIGWINCH is pending too: a traced task is notified of ignored signals.
      bench.check("shared", shared, found(SIGWINCH, SIGUSR1));
      bench.check("the thread's", peek(tracee, { nr: 8 }), found(...PENDING));
    },
  );
  fact("PEEKSIGINFO without pending signals is 0", PEEK, (bench, tracee) => {
    for (const flags of [0, SHARED])
      bench.check(`flags ${flags}`, peek(tracee, { flags, nr: 4 }), found());
  });
  fact("PEEKSIGINFO with an unknown flag, or a negative nr, is EINVAL", PEEK, (bench) => {
    const tracee = pending(bench);
    for (const args of [{ flags: 2 }, { flags: 0x8000_0001 }, { nr: -1 }, { nr: -(2 ** 31) }]) {
      const name = Object.entries(args).join(" ").replace(",", " ");
      bench.check(name, peek(tracee, args), { result: "EINVAL", written: 0 });
    }
  });
  fact("PEEKSIGINFO with arguments, or an answer, that are not mapped is EFAULT", PEEK, (bench) => {
    const tracee = pending(bench);
    const result = tracee.request("PEEKSIGINFO", NOWHERE, NOWHERE);
    bench.check("arguments", { result }, { result: "EFAULT" });
    const args = tracee.memory.putAside(new Uint8Array(BigUint64Array.of(0n, 1n << 32n).buffer));
    const answer = tracee.request("PEEKSIGINFO", args, NOWHERE);
    bench.check("answer", { result: answer }, { result: "EFAULT" });
  });
  fact("GETSIGMASK of 8 bytes has the mask that was set", REQUEST, (bench, tracee) => {
    for (const mask of [0n, 0x1234n, 1n << 63n]) {
      tracee.write("SETSIGMASK", BigUint64Array.of(mask), 8);
      const answer = tracee.read("GETSIGMASK", 8);
      const seen = { ...answer, mask: wordAt(answer, 0) };
      bench.check(`0x${mask.toString(16)}`, seen, { result: 0, written: 8, mask });
    }
  });
  fact(
    "GETSIGMASK of another size is EINVAL, and to an address that is not mapped EFAULT",
    REQUEST,
    (bench, tracee) => {
      for (const size of [0, 4, 7, 9, 16, 128, 2 ** 32 + 8]) {
        bench.check(`${size} bytes`, tracee.read("GETSIGMASK", size), {
          result: "EINVAL",
          written: 0,
        });
      }
      const result = tracee.request("GETSIGMASK", 8, NOWHERE);
      bench.check("not mapped", { result }, { result: "EFAULT" });
    },
  );
  fact(
    "INT3 with SIGTRAP blocked takes SIGTRAP out of the mask",
    "force_sig_info_to_task, kernel/signal.c",
    (bench, tracee) => {
      tracee.write("SETSIGMASK", BigUint64Array.of((1n << BigInt(SIGTRAP - 1)) | 1n), 8);
      tracee.go({}, "int3");
      bench.check("", { mask: wordAt(tracee.read("GETSIGMASK", 8), 0) }, { mask: 1n });
    },
  );
});
