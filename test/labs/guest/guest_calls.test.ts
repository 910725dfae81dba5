import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { constantsOf } from "../../../src/core/encoder/names.ts";
import { type GuestOptions, openEncoder } from "../../../src/index.ts";
import { EMULATIONS } from "../../../src/labs/guest/calls.ts";
import { kindsOf } from "../../../src/labs/guest/signatures.ts";
import {
  DATA,
  errnoOf,
  expectValue,
  guestSuite,
  HUGE,
  holds,
  KERNEL,
  NOWHERE,
  run,
} from "../../support/calling_guests.ts";
import { call, errno, exitWith, flags } from "../../support/programs.ts";

const { tests, test } = guestSuite("guest's system calls");

test("write and writev reach the output, and are traced in the format of strace", () => {
  const { stdout, stderr, trace, calls } = holds(`
    ${call("write", 1, "$text", 6)}
    ${expectValue(6)}
    ${call("write", 2, "$text", 2)}
    ${expectValue(2)}
    ${call("writev", 1, "$vectors", 3)}
    ${expectValue(11)}
    ${call("write", 1, 0, 0)}
    ${expectValue(0)}
    ${call("writev", 1, 0, 0)}
    ${expectValue(0)}
    ${exitWith(0)} ${DATA}`);
  assert.is(stdout, "hello\nhello\nhello");
  assert.is(stderr, "he");
  assert.equal(trace.slice(0, 5), [
    'write(1, "hello\\n", 6) = 6',
    'write(2, "he", 2) = 2',
    'writev(1, [{iov_base="hello\\n", iov_len=6}, {iov_base="", iov_len=0}, {iov_base="hello", iov_len=5}], 3) = 11',
    'write(1, "", 0) = 0',
    "writev(1, [], 0) = 0",
  ]);
  assert.equal(calls, { write: 3, writev: 2, exit: 1 });
});

for (const [name, text] of [
  ["EBADF", call("write", 0, "$text", 6)],
  ["EBADF", call("write", 3, "$text", 6)],
  ["EBADF", call("write", -1, "$text", 6)],
  ["EBADF", call("write", 3, NOWHERE, 6)],
  ["EBADF", call("writev", 7, "$vectors", 1)],
  ["EBADF", call("ioctl", 3, 0x5413, 0)],
  ["ENOTTY", call("ioctl", 1, 0x5413, 0)],
  ["ENOTTY", call("ioctl", 0, 0x5401, NOWHERE)],
  ["EFAULT", call("write", 1, NOWHERE, 1)],
  ["EFAULT", call("write", 1, 0, 1)],
  ["EFAULT", call("write", 1, KERNEL, 1)],
  ["EFAULT", call("write", 1, -1, 1)],
  ["EFAULT", call("write", 1, "$text", HUGE)],
  ["EFAULT", call("write", 1, NOWHERE, 1 << 30)],
  ["EINVAL", call("write", 1, "$text", -1)],
  ["EINVAL", call("write", 1, "$text", 1n << 63n)],
  ["EFAULT", call("writev", 1, NOWHERE, 1)],
  ["EFAULT", call("writev", 1, KERNEL, 1)],
  ["EFAULT", call("writev", 1, "$page + 4088", 1)],
  ["EFAULT", call("writev", 1, "$huge", 1)],
  ["EINVAL", call("writev", 1, "$negative", 2)],
  ["EINVAL", call("writev", 1, "$vectors", 1_000_000_000)],
  ["EINVAL", call("writev", 1, "$vectors", 1025)],
  ["EINVAL", call("writev", 1, "$vectors", -1)],
  ["EINVAL", call("writev", 1, "$vectors", HUGE)],
  ["EFAULT", call("uname", NOWHERE)],
  ["EFAULT", call("uname", 0)],
  ["EFAULT", call("uname", KERNEL)],
  ["EFAULT", call("uname", "$constant")],
  ["EFAULT", call("uname", "$page + 4000")],
  ["EFAULT", call("time", NOWHERE)],
  ["EFAULT", call("gettimeofday", NOWHERE, 0)],
  ["EFAULT", call("gettimeofday", 0, NOWHERE)],
  ["EFAULT", call("clock_gettime", 0, NOWHERE)],
  ["EFAULT", call("clock_gettime", 1, "$_start")],
  ["EINVAL", call("clock_gettime", 77, "$page")],
  ["EINVAL", call("clock_gettime", -1, "$page")],
  ["EFAULT", call("arch_prctl", 0x1003, NOWHERE)],
  ["EPERM", call("arch_prctl", 0x1002, KERNEL)],
  ["EPERM", call("arch_prctl", 0x1001, 0x7ffffffff000n)],
  ["EINVAL", call("arch_prctl", 1, 0)],
  ["ENOSYS", call("mkdir", "$text", 0)],
  ["ENOSYS", call("fork")],
  ["ENOSYS", call("kill", 1, 9)],
  ["ENOSYS", call("execve", "$text", 0, 0)],
  ["ENOSYS", call("999")],
  ["ENOSYS", call("-1")],
  ["ENOSYS", call("0x7fffffff")],
] as const) {
  test(`returns ${name} for ${text.split("\n").join("; ")}`, () => {
    assert.is(errnoOf(text), errno(name));
  });
}

test("traces unknown calls with all their registers, and marks what is not emulated", () => {
  const { trace, calls, refused } = run(
    `${call("999", 1, -1)}\n${call("futex", 5, 1, 2, 0, 0, 3)}\n${call("close", 9)}\n${exitWith(0)}`,
  );
  assert.equal(trace.slice(0, 3), [
    "syscall_999(0x1, 0xffffffffffffffff, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS (not emulated)",
    "futex(0x5, 0x1, 2, NULL, NULL, 0x3) = -1 ENOSYS (not emulated)",
    "close(9) = -1 EBADF",
  ]);
  assert.equal(calls, { syscall_999: 1, futex: 1, close: 1, exit: 1 });
  assert.equal(refused, { syscall_999: 1, futex: 1 });
});

test("what the caller answers is not marked, whatever it is", () => {
  const options: GuestOptions = {
    onSyscall: ({ name }) => (name === "getuid" ? { errno: "ENOSYS" } : undefined),
  };
  const { trace, refused } = run(`${call("getuid")}\n${exitWith(0)}`, options);
  assert.equal([trace[0], refused], ["getuid() = -1 ENOSYS", {}]);
});

test("traces calls that are not emulated by the kinds of their arguments", () => {
  const { trace } = run(`
    ${call("mkdirat", -100, "$path", 0o755)}
    ${call("renameat2", 3, "$path", -100, NOWHERE, 1)}
    ${call("openat", -100, "$path", 0o1102, 0o644)}
    ${call("openat", -100, "$path", 0o2000000, 0o644)}
    ${call("kill", -1, 9)}
    ${call("clone", 0x3d0f00, 0)}
    ${call("unlink", "$page + 4000")}
    ${exitWith(0)} ${DATA}
    .data
    path: .asciz "/a/long/path/of/more/than/32/characters\n"`);
  const path = '"/a/long/path/of/more/than/32/characters\\n"';
  const refused = (call: string) => `${call} = -1 ENOSYS (not emulated)`;
  assert.equal(trace.slice(0, 5), [
    refused(`mkdirat(AT_FDCWD, ${path}, 0755)`),
    refused(`renameat2(3, ${path}, AT_FDCWD, 0x123456789000, 0x1)`),
    `openat(AT_FDCWD, ${path}, O_RDWR|O_CREAT|O_TRUNC, 0644) = -1 EROFS`,
    `openat(AT_FDCWD, ${path}, O_RDONLY|O_CLOEXEC) = -1 ENOENT`,
    refused("kill(-1, SIGKILL)"),
  ]);
  assert.match(trace[5] ?? "", /^clone\(CLONE_VM\|CLONE_FS\|CLONE_FILES\|.*, NULL, /);
  assert.match(trace[6] ?? "", /^unlink\(""\)/, "the page is empty");
});

test("marks a use of a call that is not emulated", () => {
  const shared = flags("MAP_SHARED", "MAP_ANONYMOUS");
  const { trace, refused } = run(`
    ${call("mmap", 0, 4096, 3, shared, -1, 0)}
    ${call("mmap", 0, 0, 3, shared, -1, 0)}
    ${call("clock_gettime", 7, "$page")}
    ${call("ioctl", 1, 0x5413, 0)}
    ${exitWith(0)} ${DATA}`);
  const marked = trace.map((line) => line.endsWith(" (not emulated)"));
  assert.equal(marked, [true, false, true, false, false], trace.join("\n"));
  assert.equal(refused, { mmap: 1, clock_gettime: 1 });
});

tests("docs/platform.md names the calls that are emulated", () => {
  const page = readFileSync("docs/platform.md", "utf8");
  const [, list = ""] = /A few system calls are emulated: ([^.]*)\./.exec(page) ?? [];
  const names = list.replace(/\([^)]*\)/g, "").split(/,| and /);
  assert.equal(names.map((name) => name.trim()).sort(), Object.keys(EMULATIONS).sort());
});

for (const arch of ["amd64", "arm64"] as const) {
  tests(`the arguments of every call of ${arch} are known`, () => {
    const calls = constantsOf("syscall", openEncoder("assembly", arch).constants);
    assert.ok(calls.length > 300);
    const names = calls.map(([name]) => name.replace("SYS_", ""));
    assert.equal(
      names.filter((name) => kindsOf(name) === undefined),
      [],
    );
  });
}

test("traces bad pointers without reading them", () => {
  const { trace } = run(`
    ${call("write", 1, NOWHERE, 3)}
    ${call("writev", 1, NOWHERE, 3)}
    ${call("writev", 1, "$one_bad", 2)}
    ${call("writev", 1, "$text", 1n << 40n)}
    ${call("uname", NOWHERE)}
    ${exitWith(0)} ${DATA}`);
  assert.equal(trace.slice(0, 5), [
    "write(1, 0x123456789000, 3) = -1 EFAULT",
    "writev(1, 0x123456789000, 3) = -1 EFAULT",
    'writev(1, [{iov_base="hello\\n", iov_len=6}, {iov_base=0x123456789000, iov_len=8}], 2) = 6',
    trace[3],
    "uname(0x123456789000) = -1 EFAULT",
  ]);
  assert.match(trace[3] ?? "", /^writev\(1, 0x[0-9a-f]+, 1099511627776\) = -1 EINVAL$/);
});

test("writes partially: up to unreadable memory, and at most one megabyte at a time", () => {
  const { lengths } = holds(`
    ${call("mmap", NOWHERE, 8192, 3, flags("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED"), -1, 0)}
    ${call("munmap", NOWHERE + 4096n, 4096)}
    ${call("write", 1, NOWHERE + 4000n, 1000)}
    ${expectValue(96)}
    ${call("mmap", NOWHERE, 8 << 20, 3, flags("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED"), -1, 0)}
    ${call("write", 1, NOWHERE, 8 << 20)}
    ${expectValue(1 << 20)}
    ${exitWith(0)}`);
  assert.equal(lengths, [96, 1 << 20]);
});

test("counts at most a thousand names separately", () => {
  const { calls } = run(
    `movl $2000, %ebx\n1: leal 10000(%rbx), %eax\nsyscall\ndecl %ebx\njnz 1b\n${exitWith(0)}`,
    { trace: () => {} },
  );
  assert.is(Object.keys(calls).length, 1001);
  assert.is(calls.others, 1001);
});

test("arch_prctl sets and returns the bases, and they persist", () => {
  const { trace } = holds(`
    ${call("arch_prctl", 0x1002, "$page")}
    ${expectValue(0)}
    movq $page + 64, %rbx
    ${call("arch_prctl", 0x1001, "%rbx")}
    ${expectValue(0)}
    movq $11, %fs:0
    movq $22, %gs:0
    ${call("getpid")}
    ${expectValue(1)}
    cmpq $11, page
    jne bad
    cmpq $22, page + 64
    jne bad
    ${call("arch_prctl", 0x1003, "$page")}
    movq page, %rax
    ${expectValue("$page")}
    ${call("arch_prctl", 0x1004, "$page")}
    movq page, %rax
    ${expectValue("$page + 64")}
    ${exitWith(0)}
    bad: ${exitWith(255)} ${DATA}`);
  const fs = /ARCH_SET_FS, (0x[0-9a-f]+)/.exec(trace[0] ?? "")?.[1];
  assert.is(trace[3], `arch_prctl(ARCH_GET_FS, [${fs}]) = 0`);
});

test("clock_gettime returns the time, and uname the system", () => {
  const before = Date.now() / 1000;
  const { trace, stdout } = holds(`
    ${call("clock_gettime", 0, "$page")}
    ${expectValue(0)}
    ${call("clock_gettime", 1, "$page + 16")}
    ${call("clock_gettime", 1, "$page + 32")}
    ${call("write", 1, "$page", 48)}
    ${call("uname", "$page")}
    ${expectValue(0)}
    ${call("write", 1, "$page", 390)}
    ${call("set_tid_address", "$page")}
    ${expectValue(1)}
    ${exitWith(0)} ${DATA}`);
  const times = new BigInt64Array(Uint8Array.from(Buffer.from(stdout, "latin1")).buffer, 0, 6);
  const [real = 0, first = 0, second = 0] = [0, 2, 4].map(
    (i) => Number(times[i]) + Number(times[i + 1]) / 1e9,
  );
  assert.ok(Math.abs(real - before) < 10);
  const uptime = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  assert.ok(Math.abs(first - uptime) < 1000 && second >= first);
  const fields = stdout.slice(48).split(/\0+/);
  assert.equal([fields[0], fields[1], fields[4]], ["Linux", "stublab", "x86_64"]);
  assert.match(
    trace[0] ?? "",
    /^clock_gettime\(CLOCK_REALTIME, \{tv_sec=\d+, tv_nsec=\d+\}\) = 0$/,
  );
  assert.is(trace[4], 'uname({sysname="Linux", nodename="stublab", ...}) = 0');
});

test("time and gettimeofday return the same time as clock_gettime", () => {
  const before = Math.floor(Date.now() / 1000);
  const { stdout } = holds(`
    ${call("time", "$page")}
    cmpq %rax, page
    jne bad
    ${call("gettimeofday", "$page + 8", "$page + 24")}
    ${expectValue(0)}
    ${call("clock_gettime", 0, "$page + 32")}
    ${call("write", 1, "$page", 48)}
    ${call("gettimeofday", 0, 0)}
    ${expectValue(0)}
    ${exitWith(0)}
    bad: ${exitWith(255)} ${DATA}`);
  const words = new BigInt64Array(Uint8Array.from(Buffer.from(stdout, "latin1")).buffer);
  const [time, seconds, microseconds, , exact] = [...words].map(Number);
  for (const value of [time, seconds, exact])
    assert.ok(value !== undefined && value >= before && value < before + 10, `${value}`);
  assert.ok(microseconds !== undefined && microseconds >= 0 && microseconds < 1e6);
});

test("the registers after a call are those that the kernel leaves", () => {
  holds(`
    movq $1, %rbx
    movq $2, %rbp
    movq $3, %r12
    pushq $0x246
    popfq
    stc
    ${call("getpid")}
    here: jnc bad                   # CF is kept
    cmpq $here, %rcx
    jne bad
    testq $1, %r11
    jz bad
    cmpq $1, %rbx
    jne bad
    cmpq $2, %rbp
    jne bad
    cmpq $3, %r12
    jne bad
    ${exitWith(0)}
    bad: ${exitWith(255)}`);
});

test("an exit status is a byte", () => {
  assert.equal(run(call("exit_group", 0x1ff)).result, { kind: "exited", status: 255 });
  assert.equal(run(call("exit", -2)).result, { kind: "exited", status: 254 });
  assert.equal(run(call("exit_group", 256)).trace, ["exit_group(256) = ?"]);
});

tests.run();
