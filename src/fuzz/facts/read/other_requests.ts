import { indexOf } from "../../case/amd64/registers.ts";
import { answers, refused } from "./answer.ts";
import { each, type Row, requestFacts } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import { int, KEPT_RESULT, word } from "./places.ts";
import { ANSWER, KEEP, read, request, requires, type Script, set, unless } from "./verbs.ts";

const PRCTL = "do_arch_prctl_64, arch/x86/kernel/process_64.c";
// asm/prctl.h
const [SET_GS, SET_FS, GET_FS, GET_GS] = [0x1001, 0x1002, 0x1003, 0x1004];
/** The first selector of the TLS in the GDT, and the flags of an entry without a segment. */
const [TLS_MIN, EMPTY] = [12, 0x28];
/** sizeof(struct ptrace_rseq_configuration), struct ptrace_sud_config and struct user_desc. */
const [RSEQ_SIZE, SUD_SIZE, DESC_SIZE] = [24, 32, 16];
const NO_REQUEST = "the kernel does not have this request";

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
const rseq = (length: number) => read("GET_RSEQ_CONFIGURATION", length);
const dispatch = (size: number) => read("GET_SYSCALL_USER_DISPATCH_CONFIG", size);

const PLACES = {
  ...{ set: KEPT_RESULT, base: word(0), entry: int(0), flags: int(12) },
  ...{ area: word(0), mode: word(0) },
};

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
    "GET_RSEQ_CONFIGURATION copies as many bytes as it is given, and returns the whole size": [
      "ptrace_get_rseq_configuration, kernel/ptrace.c",
      [rseq(RSEQ_SIZE), unless("EIO", NO_REQUEST)],
      ...each("% bytes", [0, 1, 8, 23, 24, 25, 4096], (length) => [
        rseq(length),
        { result: RSEQ_SIZE, written: Math.min(length, RSEQ_SIZE) },
      ]),
      // Before Linux 6.3 its length is that of struct rseq, whether an area is registered or not.
      ["without rseq", rseq(RSEQ_SIZE), { area: 0n }],
      ["not mapped", request("GET_RSEQ_CONFIGURATION", RSEQ_SIZE, NOWHERE), "EFAULT"],
    ],
    "GET_SYSCALL_USER_DISPATCH_CONFIG requires its exact size, else EINVAL": [
      "syscall_user_dispatch_get_config, kernel/entry/syscall_user_dispatch.c",
      [dispatch(SUD_SIZE), unless("EIO", NO_REQUEST)],
      [`${SUD_SIZE} bytes`, dispatch(SUD_SIZE), answers(SUD_SIZE, { mode: 0n })],
      ...each("% bytes", [0, 8, 31, 33, 64], (size) => [dispatch(size), refused("EINVAL")]),
    ],
  },
  PLACES,
);
