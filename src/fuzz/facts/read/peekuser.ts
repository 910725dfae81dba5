import { REGISTERS } from "../../case/setups.ts";
import { requestFacts } from "../fact.ts";
import { ARCH_PTRACE } from "../sources.ts";
import { wordAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

/** struct user: registers, a hole with the floating point of old, debug registers, two words more. */
const [REGISTERS_END, DEBUGREG, DEBUGREG_END, END] = [8 * REGISTERS.length, 848, 912, 928];
/** DR6 with no condition detected. */
const DR6_RESERVED = 0xffff_0ff0n;

const words = (start: number, end: number) =>
  Array.from({ length: (end - start) / 8 }, (_, i) => start + 8 * i);

/** A check that an offset reads a word. */
function reads(bench: Bench, tracee: Tracee, offset: number, word: bigint, name = ""): void {
  const answer = tracee.read("PEEKUSER", offset);
  const seen = { ...answer, word: wordAt(answer, 0) };
  bench.check(`offset ${offset}${name && ` (${name})`}`, seen, { result: 0, written: 8, word });
}

export const peekuser = requestFacts("PEEKUSER", (fact) => {
  fact(
    "PEEKUSER reads the registers that GETREGS has, each at 8 times its index",
    ARCH_PTRACE,
    (bench) => {
      const tracee = bench.tracee("entry");
      const all = tracee.read("GETREGS");
      for (const [i, name] of REGISTERS.entries())
        reads(bench, tracee, 8 * i, wordAt(all, 8 * i), name);
    },
  );
  fact(
    "PEEKUSER reads 0 between the registers and the debug registers, and after these",
    ARCH_PTRACE,
    (bench, tracee) => {
      for (const offset of words(REGISTERS_END, DEBUGREG)) reads(bench, tracee, offset, 0n);
      for (const offset of words(DEBUGREG_END, END)) reads(bench, tracee, offset, 0n);
    },
  );
  fact(
    "PEEKUSER of debug registers that were never written reads 0, of DR6 0xffff0ff0",
    "ptrace_get_debugreg, arch/x86/kernel/ptrace.c",
    (bench, tracee) => {
      for (const [n, offset] of words(DEBUGREG, DEBUGREG_END).entries()) {
        reads(bench, tracee, offset, n === 6 ? DR6_RESERVED : 0n, `DR${n}`);
      }
    },
  );
  fact(
    "PEEKUSER reads a debug register as POKEUSER wrote it",
    "ptrace_set_debugreg, arch/x86/kernel/ptrace.c",
    (bench, tracee) => {
      for (const [n, word] of [
        [6, 0],
        [6, 0x1234],
        [0, 0x1000_0000],
        [3, 0x1000_2000],
        [7, 0],
      ] as const) {
        const offset = DEBUGREG + 8 * n;
        const result = tracee.request("POKEUSER", offset, word);
        // A virtual machine may have no breakpoint to give.
        if (result === "ENOSPC" || result === "EOPNOTSUPP") bench.skip(`DR${n}`, `it is ${result}`);
        else reads(bench, tracee, offset, BigInt(word), `DR${n}`);
      }
    },
  );
  fact("PEEKUSER at an offset that is not a multiple of 8 is EIO", ARCH_PTRACE, (bench, tracee) => {
    for (const offset of [1, 2, 3, 4, 5, 6, 7, 215, 220, 849, 929]) {
      bench.check(`offset ${offset}`, tracee.read("PEEKUSER", offset), {
        result: "EIO",
        written: 0,
      });
    }
  });
  fact(
    "PEEKUSER from sizeof(struct user) on, and at a negative offset, is EIO",
    ARCH_PTRACE,
    (bench, tracee) => {
      const past = [928n, 936n, 4096n, 1n << 31n, 1n << 32n, 1n << 63n, (1n << 64n) - 8n];
      for (const offset of past) {
        const name = `offset ${BigInt.asIntN(64, offset)}`;
        bench.check(name, tracee.read("PEEKUSER", offset), { result: "EIO", written: 0 });
      }
    },
  );
  fact(
    "PEEKUSER to an address that is not mapped is EFAULT, but a bad offset is EIO first",
    ARCH_PTRACE,
    (bench, tracee) => {
      for (const [offset, result] of [
        [0, "EFAULT"],
        [216, "EFAULT"],
        [4, "EIO"],
        [928, "EIO"],
      ] as const) {
        const seen = { result: tracee.request("PEEKUSER", offset, NOWHERE) };
        bench.check(`offset ${offset}`, seen, { result });
      }
    },
  );
});
