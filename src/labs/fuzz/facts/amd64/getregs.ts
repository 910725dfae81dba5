import { BLOCK_SIZE } from "../../case/amd64/kinds.ts";
import { answers, each, type Requests, refused, requestFacts } from "../read/bench.ts";
import { NOWHERE, type NoteName } from "../read/numbers.ts";
import { int, register } from "../read/places.ts";
import { setsLength } from "../read/set_length.ts";
import { at, go, KEEP, read, regset, request, requires, WHERES } from "../read/verbs.ts";
import { ARCH_PTRACE } from "./sources.ts";

const COPY = "copy_regset_to_user, kernel/regset.c";
/** Note types of 32-bit tracees, and their sizes. */
const COMPAT = { NT_PRSTATUS: 68, NT_PRFPREG: 108, NT_PRXFPREG: 512, NT_386_TLS: 48 };
const NOTES = ["NT_PRSTATUS", "NT_PRFPREG", "NT_PRXFPREG", "NT_386_TLS"] as const;
const RBX = 0xb0b0_0000_0000_0001n;

/** What is common to requests that read a whole set. */
const whole = (it: "GETREGS" | "GETFPREGS", note: NoteName, size: number): Requests => ({
  [`${it} writes what GETREGSET(${note}) does, at each stop`]: [
    COPY,
    ...each("%", WHERES, (where) => [
      [at(where), regset(note, size), KEEP, read(it)],
      answers(size, { differs: "nowhere" }),
    ]),
  ],
  [`${it} to an address that is not mapped is EFAULT`]: [
    COPY,
    ["", request(it, 0, NOWHERE), "EFAULT"],
  ],
});

/** Leads a tracee to 32-bit code. */
const toCompat = go({ cs: 0x23n, rbx: RBX, rax: 7n, rsp: 0x1000_7000n }, "int3");

export const getregs = requestFacts(
  "GETREGS, GETFPREGS",
  {
    ...whole("GETREGS", "NT_PRSTATUS", BLOCK_SIZE),
    ...whole("GETFPREGS", "NT_PRFPREG", 512),
    ...setsLength(216),
    "With cs = 0x23 GETREGSET has the note types and sizes of 32-bit programs": [
      "task_user_regset_view, arch/x86/kernel/ptrace.c",
      requires("32-bit calls"),
      toCompat,
      ...each("%, 4080 bytes", NOTES, (note) => [
        regset(note, 4080),
        answers(COMPAT[note], { length: COMPAT[note] }),
      ]),
      ["NT_PRSTATUS, 4 bytes", regset("NT_PRSTATUS", 4), answers(4, { length: 4, ebx: 1 })],
      ["NT_PRSTATUS, 6 bytes", regset("NT_PRSTATUS", 6), refused("EINVAL")],
    ],
    "With cs = 0x23 GETREGS keeps its 64-bit form": [
      ARCH_PTRACE,
      requires("32-bit calls"),
      toCompat,
      ["", read("GETREGS"), answers(216, { rbx: RBX })],
    ],
  },
  { ebx: int(0), rbx: register("rbx") },
);
