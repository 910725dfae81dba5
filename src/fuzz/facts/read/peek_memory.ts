import { CODE, CONSTANT, CONSTANTS, SCRATCH } from "../../case/code.ts";
import { requestFacts } from "../fact.ts";
import { wordAt } from "./answer.ts";
import { NOWHERE } from "./numbers.ts";

const PEEK = "generic_ptrace_peekdata, kernel/ptrace.c";
const POKE = "generic_ptrace_pokedata, kernel/ptrace.c";
const PEEKS = ["PEEKTEXT", "PEEKDATA"] as const;
/** The unmapped page after the code. */
const HOLE = CODE + 4096n;
const WORD = 0x1234_5678;

export const peekMemory = requestFacts("PEEKDATA, POKEDATA", (fact) => {
  fact("PEEKTEXT and PEEKDATA read a word at any address", PEEK, (bench, tracee) => {
    for (const request of PEEKS) {
      const answer = tracee.read(request, CONSTANTS + 8n);
      const seen = { ...answer, word: wordAt(answer, 0) };
      bench.check(`${request}, aligned`, seen, { result: 0, written: 8, word: CONSTANT + 8n });
      const odd = tracee.read(request, CONSTANTS + 1n);
      // The lowest byte of the next word, 8, becomes the highest.
      const word = (CONSTANT >> 8n) | (8n << 56n);
      bench.check(`${request}, unaligned`, { ...odd, word: wordAt(odd, 0) }, { result: 0, word });
    }
  });
  fact(
    "PEEKTEXT and PEEKDATA of memory that is not mapped, in whole or in part, are EIO",
    PEEK,
    (bench, tracee) => {
      for (const request of PEEKS) {
        for (const at of [0n, HOLE, HOLE - 4n, 1n << 47n, 1n << 63n, (1n << 64n) - 4n]) {
          const expected = { result: "EIO", written: 0 };
          bench.check(`${request}, 0x${at.toString(16)}`, tracee.read(request, at), expected);
        }
      }
    },
  );
  fact("PEEKDATA to an address that is not mapped is EFAULT", PEEK, (bench) => {
    const result = bench.tracee().request("PEEKDATA", CONSTANTS, NOWHERE);
    bench.check("", { result }, { result: "EFAULT" });
  });
  fact("POKETEXT and POKEDATA write memory that the tracee cannot write", POKE, (bench) => {
    for (const request of ["POKETEXT", "POKEDATA"] as const) {
      const tracee = bench.tracee();
      for (const [name, at] of [
        ["code", CODE],
        ["constants", CONSTANTS],
        ["stack", SCRATCH],
      ] as const) {
        const result = tracee.request(request, at, WORD);
        const seen = { result, word: wordAt(tracee.read("PEEKDATA", at), 0) };
        bench.check(`${request}, ${name}`, seen, { result: 0, word: BigInt(WORD) });
      }
    }
  });
  fact(
    "POKEDATA to memory that is not mapped, in whole or in part, is EIO",
    POKE,
    (bench, tracee) => {
      for (const at of [0n, HOLE, HOLE - 4n, 1n << 63n]) {
        const result = tracee.request("POKEDATA", at, WORD);
        bench.check(`0x${at.toString(16)}`, { result }, { result: "EIO" });
      }
    },
  );
});
