import { NO_DISPATCH } from "./arch.ts";
import { answers, each, refused, requestFacts } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import { word } from "./places.ts";
import { read, request, unless } from "./verbs.ts";

/** sizeof(struct ptrace_rseq_configuration), and struct ptrace_sud_config. */
const [RSEQ_SIZE, SUD_SIZE] = [24, 32];
const NO_REQUEST = "the kernel does not have this request";

const rseq = (length: number) => read("GET_RSEQ_CONFIGURATION", length);
const dispatch = (size: number) => read("GET_SYSCALL_USER_DISPATCH_CONFIG", size);

export const configurations = requestFacts(
  "other requests",
  {
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
      [dispatch(SUD_SIZE), NO_DISPATCH.map((errno) => unless(errno, NO_REQUEST))],
      [`${SUD_SIZE} bytes`, dispatch(SUD_SIZE), answers(SUD_SIZE, { mode: 0n })],
      ...each("% bytes", [0, 8, 31, 33, 64], (size) => [dispatch(size), refused("EINVAL")]),
    ],
  },
  { area: word(0), mode: word(0) },
);
