// Kselftests of Debian's linux-source, which kernels.mjs runs beside the probe.

import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";

/** Those about ptrace, signals, filters and segments that pass under QEMU, by folder, with what they need beside their source. */
const KSELFTESTS = {
  ptrace: { get_set_sud: "", get_syscall_info: "", peeksiginfo: "" },
  rseq: { basic_test: "rseq/rseq.c -Irseq -I../../include" },
  seccomp: { seccomp_bpf: "-lcap" },
  sigaltstack: { sas: "" },
  syscall_user_dispatch: { sud_test: "" },
  x86: {
    corrupt_xstate_header: "",
    fsgsbase: "",
    fsgsbase_restore: "x86/clang_helpers_64.S",
    ioperm: "",
    iopl: "",
    ldt_gdt: "",
    ptrace_syscall: "",
    sigaltstack: "",
    sigreturn: "",
    single_step_syscall: "",
    syscall_arg_fault: "",
    syscall_nt: "",
    sysret_ss_attrs: "x86/thunks.S",
    test_vsyscall: "",
  },
};

const PROCESS_1 = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc; mount -t sysfs sys /sys; mount -t tmpfs tmp /tmp; mount -t devtmpfs dev /dev
cd /tmp
for test in /t/*; do
  timeout 60 $test > out 2>&1 < /dev/null
  echo "# test $(basename $test): status $?, $(grep -cE '^(# )?not ok|^.FAIL.' out) failures"
done
echo "# exit status 0"
reboot -f
`;

/** Compiles them from the kernel in `folder` into an initramfs whose process 1 takes one after the other. */
export function compileTests(folder, archive) {
  const root = resolve("build/museum/tests");
  const sources = `${folder}/tools/testing/selftests`;
  const run = (cwd, command) =>
    execFileSync("sh", ["-c", command], { cwd, stdio: ["ignore", "ignore", "inherit"] });
  run(folder, "make -s headers");
  for (const name of ["bin", "dev", "proc", "sys", "t", "tmp"])
    mkdirSync(`${root}/${name}`, { recursive: true });
  const options = "-O2 -w -s -static -no-pie -D_GNU_SOURCE -I. -Ix86 -I../../../usr/include";
  for (const [group, tests] of Object.entries(KSELFTESTS))
    for (const [test, beside] of Object.entries(tests)) {
      const words = `${group}/${test}.c ${beside} -o ${root}/t/${test} -lpthread`;
      run(sources, `gcc ${options} ${words}`);
    }
  copyFileSync("/usr/bin/busybox", `${root}/bin/busybox`);
  writeFileSync(`${root}/init`, PROCESS_1, { mode: 0o755 });
  run(root, `find . | cpio --quiet -o -H newc > ${archive}`);
}

/** The tests that do not end with 0, and those of which a part fails. */
export const failedTestsOf = (shown) =>
  shown.flatMap(({ line }) => /^# test (\w+): status (?!0, 0 )/.exec(line)?.[1] ?? []);
