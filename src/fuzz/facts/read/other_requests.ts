import { requestFacts } from "../fact.ts";
import { intAt, wordAt } from "./answer.ts";
import type { Bench } from "./bench.ts";
import { NOWHERE } from "./numbers.ts";
import type { Tracee } from "./tracee.ts";

const PRCTL = "do_arch_prctl_64, arch/x86/kernel/process_64.c";
// asm/prctl.h
const [SET_GS, SET_FS, GET_FS, GET_GS] = [0x1001, 0x1002, 0x1003, 0x1004];
/** The first selector of the TLS in the GDT, and the flags of an entry without a segment. */
const [TLS_MIN, EMPTY] = [12, 0x28];
/** sizeof(struct ptrace_rseq_configuration), struct ptrace_sud_config and struct user_desc. */
const [RSEQ_SIZE, SUD_SIZE, DESC_SIZE] = [24, 32, 16];

/** Whether a kernel has a request, which is EIO otherwise; if not, the check is skipped. */
function isThere(bench: Bench, { result }: { readonly result: string | number }): boolean {
  if (result === "EIO") bench.skip("", "the kernel does not have this request");
  return result !== "EIO";
}

/** PTRACE_ARCH_PRCTL, whose address is what prctl(2) takes. */
const prctl = (tracee: Tracee, option: number) =>
  tracee.memory.read((data) => tracee.request("ARCH_PRCTL", data, option));

export const otherRequests = requestFacts("other requests", (fact) => {
  fact("PTRACE_ARCH_PRCTL reads the bases that were written", PRCTL, (bench, tracee) => {
    tracee.set({ fs_base: 0x1234n, gs_base: 0x5678n }, "int3");
    for (const [name, option, base] of [
      ["ARCH_GET_FS", GET_FS, 0x1234n],
      ["ARCH_GET_GS", GET_GS, 0x5678n],
    ] as const) {
      const answer = prctl(tracee, option);
      const seen = { ...answer, base: wordAt(answer, 0) };
      bench.check(name, seen, { result: 0, written: 8, base });
    }
  });
  fact(
    "PTRACE_ARCH_PRCTL writes bases; from TASK_SIZE_MAX on it is EPERM",
    PRCTL,
    (bench, tracee) => {
      for (const [name, option, register] of [
        ["ARCH_SET_FS", SET_FS, "fs_base"],
        ["ARCH_SET_GS", SET_GS, "gs_base"],
      ] as const) {
        for (const [base, result] of [
          [0x7000n, 0],
          [1n << 63n, "EPERM"],
        ] as const) {
          const seen = {
            result: tracee.request("ARCH_PRCTL", base, option),
            base: tracee.register(register),
          };
          bench.check(`${name}, 0x${base.toString(16)}`, seen, { result, base: 0x7000n });
        }
      }
      const unknown = { result: tracee.request("ARCH_PRCTL", 0, 0x1fff) };
      bench.check("an unknown option", unknown, { result: "EINVAL" });
    },
  );
  fact(
    "GET_THREAD_AREA of an unused TLS entry is empty; other entries are EINVAL",
    "do_get_thread_area, arch/x86/kernel/tls.c",
    (bench, tracee) => {
      if (!bench.machine.features.includes("ia32")) {
        return bench.skip("", "the kernel does not run 32-bit programs");
      }
      for (let entry = TLS_MIN; entry < TLS_MIN + 3; entry++) {
        const answer = tracee.read("GET_THREAD_AREA", entry);
        const seen = { ...answer, entry: intAt(answer, 0), flags: intAt(answer, 12) };
        const expected = { result: 0, written: DESC_SIZE, entry, flags: EMPTY };
        bench.check(`entry ${entry}`, seen, expected);
      }
      for (const [entry, result] of [
        [0, "EINVAL"],
        [11, "EINVAL"],
        [15, "EINVAL"],
        [2 ** 32 - 1, "EIO"],
      ] as const) {
        bench.check(`entry ${entry}`, tracee.read("GET_THREAD_AREA", entry), {
          result,
          written: 0,
        });
      }
    },
  );
  fact(
    "GET_RSEQ_CONFIGURATION copies as many bytes as it is given, and returns the whole size",
    "ptrace_get_rseq_configuration, kernel/ptrace.c",
    (bench, tracee) => {
      const whole = tracee.read("GET_RSEQ_CONFIGURATION", RSEQ_SIZE);
      if (!isThere(bench, whole)) return;
      for (const length of [0, 1, 8, 23, 24, 25, 4096]) {
        const answer = tracee.read("GET_RSEQ_CONFIGURATION", length);
        const written = Math.min(length, RSEQ_SIZE);
        bench.check(`${length} bytes`, answer, { result: RSEQ_SIZE, written });
      }
      const seen = { area: wordAt(whole, 0), length: intAt(whole, 8) };
      bench.check("without rseq", seen, { area: 0n, length: 0 });
      const result = tracee.request("GET_RSEQ_CONFIGURATION", RSEQ_SIZE, NOWHERE);
      bench.check("not mapped", { result }, { result: "EFAULT" });
    },
  );
  fact(
    "GET_SYSCALL_USER_DISPATCH_CONFIG requires its exact size, else EINVAL",
    "syscall_user_dispatch_get_config, kernel/entry/syscall_user_dispatch.c",
    (bench, tracee) => {
      const whole = tracee.read("GET_SYSCALL_USER_DISPATCH_CONFIG", SUD_SIZE);
      if (!isThere(bench, whole)) return;
      const seen = { ...whole, mode: wordAt(whole, 0) };
      bench.check(`${SUD_SIZE} bytes`, seen, { result: 0, written: SUD_SIZE, mode: 0n });
      for (const size of [0, 8, 31, 33, 64]) {
        const answer = tracee.read("GET_SYSCALL_USER_DISPATCH_CONFIG", size);
        bench.check(`${size} bytes`, answer, { result: "EINVAL", written: 0 });
      }
    },
  );
});
