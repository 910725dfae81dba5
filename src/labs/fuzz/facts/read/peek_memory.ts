import { CODE, CONSTANT, CONSTANTS, HOLE, SCRATCH } from "../../case/arch.ts";
import { USER_END } from "./arch.ts";
import { answers, each, pairs, type Row, refused, requestFacts } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import { KEPT_RESULT, word } from "./places.ts";
import { KEEP, read, request } from "./verbs.ts";

const PEEK = "generic_ptrace_peekdata, kernel/ptrace.c";
const POKE = "generic_ptrace_pokedata, kernel/ptrace.c";
const PEEKS = ["PEEKTEXT", "PEEKDATA"] as const;
const UNMAPPED = [0n, HOLE, HOLE - 4n, USER_END, 1n << 63n, (1n << 64n) - 4n];
const WORD = 0x1234_5678;
/** A byte after a constant: the lowest byte of the next one, 8, becomes the highest. */
const SHIFTED = (CONSTANT >> 8n) | (8n << 56n);
const WRITABLE = Object.entries({ code: CODE, constants: CONSTANTS, stack: SCRATCH });

export const peekMemory = requestFacts(
  "PEEKDATA, POKEDATA",
  {
    "PEEKTEXT and PEEKDATA read a word at any address": [
      PEEK,
      ...PEEKS.flatMap((it): Row[] => [
        [`${it}, aligned`, read(it, CONSTANTS + 8n), answers(8, { word: CONSTANT + 8n })],
        [`${it}, unaligned`, read(it, CONSTANTS + 1n), { result: 0, word: SHIFTED }],
      ]),
    ],
    "PEEKTEXT and PEEKDATA of memory that is not mapped, in whole or in part, are EIO": [
      PEEK,
      ...each("%, 0x%", pairs(PEEKS, UNMAPPED), ([it, at]) => [read(it, at), refused("EIO")]),
    ],
    "PEEKDATA to an address that is not mapped is EFAULT": [
      PEEK,
      ["", request("PEEKDATA", CONSTANTS, NOWHERE), "EFAULT"],
    ],
    "POKETEXT and POKEDATA write memory that the tracee cannot write": [
      POKE,
      ...each("%, %", pairs(["POKETEXT", "POKEDATA"], WRITABLE), ([it, [, at]]) => [
        [request(it, at, WORD), KEEP, read("PEEKDATA", at)],
        { poked: 0, word: BigInt(WORD) },
      ]),
    ],
    "POKEDATA to memory that is not mapped, in whole or in part, is EIO": [
      POKE,
      ...each("0x%", [0n, HOLE, HOLE - 4n, 1n << 63n], (it) => [
        request("POKEDATA", it, WORD),
        "EIO",
      ]),
    ],
  },
  { word: word(0), poked: KEPT_RESULT },
);
