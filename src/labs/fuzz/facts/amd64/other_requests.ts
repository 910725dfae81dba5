import { indexOf } from "../../case/amd64/registers.ts";
import { answers, each, type Row, refused, requestFacts } from "../read/bench.ts";
import { int, KEPT_RESULT, word } from "../read/places.ts";
import { ANSWER, KEEP, read, request, requires, type Script, set } from "../read/verbs.ts";

const PRCTL = "do_arch_prctl_64, arch/x86/kernel/process_64.c";
// asm/prctl.h
const [SET_GS, SET_FS, GET_FS, GET_GS] = [0x1001, 0x1002, 0x1003, 0x1004];
/** The first selector of the TLS in the GDT, and the flags of an entry without a segment. */
const [TLS_MIN, EMPTY] = [12, 0x28];
/** sizeof(struct user_desc) */
const DESC_SIZE = 16;

/** PTRACE_ARCH_PRCTL, whose address is what prctl(2) takes. */
const getBase = (option: number) => read("ARCH_PRCTL", ANSWER, option);
const setBase = (option: number, base: bigint): Script => [
  ...[request("ARCH_PRCTL", base, option), KEEP],
  read("PEEKUSER", 8 * indexOf(option === SET_FS ? "fs_base" : "gs_base")),
];
const setsBase = (name: string, option: number): Row[] => [
  [`${name}, 0x7000`, setBase(option, 0x7000n), { set: 0, base: 0x7000n }],
  [`${name}, 0x8000000000000000`, setBase(option, 1n << 63n), { set: "EPERM", base: 0x7000n }],
];

const threadArea = (entry: number) => read("GET_THREAD_AREA", entry);

export const otherRequests = requestFacts(
  "other requests",
  {
    "PTRACE_ARCH_PRCTL reads the bases that were written": [
      PRCTL,
      set({ fs_base: 0x1234n, gs_base: 0x5678n }, "int3"),
      ["ARCH_GET_FS", getBase(GET_FS), answers(8, { base: 0x1234n })],
      ["ARCH_GET_GS", getBase(GET_GS), answers(8, { base: 0x5678n })],
    ],
    "PTRACE_ARCH_PRCTL writes bases; from TASK_SIZE_MAX on it is EPERM": [
      PRCTL,
      ...setsBase("ARCH_SET_FS", SET_FS),
      ...setsBase("ARCH_SET_GS", SET_GS),
      ["an unknown option", request("ARCH_PRCTL", 0, 0x1fff), "EINVAL"],
    ],
    "GET_THREAD_AREA of an unused TLS entry is empty; other entries are EINVAL": [
      "do_get_thread_area, arch/x86/kernel/tls.c",
      requires("32-bit calls"),
      ...each("entry %", [TLS_MIN, TLS_MIN + 1, TLS_MIN + 2], (entry) => [
        threadArea(entry),
        answers(DESC_SIZE, { entry, flags: EMPTY }),
      ]),
      ...each("entry %", [0, 11, 15], (entry) => [threadArea(entry), refused("EINVAL")]),
      ["entry 4294967295", threadArea(2 ** 32 - 1), refused("EIO")],
    ],
  },
  { set: KEPT_RESULT, base: word(0), entry: int(0), flags: int(12) },
);
