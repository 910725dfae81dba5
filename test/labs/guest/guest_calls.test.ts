import { readFileSync } from "node:fs";
import * as assert from "uvu/assert";
import { constantsOf } from "../../../src/core/encoder/names.ts";
import { type GuestOptions, openEncoder } from "../../../src/index.ts";
import { EMULATIONS } from "../../../src/labs/guest/calls.ts";
import { kindsOf } from "../../../src/labs/guest/signatures.ts";
import {
  DATA,
  expectErrno,
  expectValue,
  guestSuite,
  holds,
  NOWHERE,
  run,
} from "../../support/calling_guests.ts";
import { callsOf, expectCall, expectProgram, programsOf } from "../../support/guest_programs.ts";
import { call, exitWith, flags } from "../../support/programs.ts";

const { tests, test } = guestSuite("guest's system calls");

const FILES = { "/etc/x": Buffer.from("hello, file"), "/etc/y": Buffer.from("") };

for (const program of [...programsOf("calls"), ...programsOf("input")]) {
  test(program.title, () => expectProgram(program, { files: FILES }));
}

for (const line of callsOf("errnos")) {
  test(line, () => expectCall(line, { files: FILES, stdin: Buffer.from("abcd") }));
}

test("what the caller answers is not marked, whatever it is", () => {
  const options: GuestOptions = {
    onSyscall: ({ name }) => (name === "getuid" ? { errno: "ENOSYS" } : undefined),
  };
  const { trace, refused } = run(`${call("getuid")}\n${exitWith(0)}`, options);
  assert.equal([trace[0], refused], ["getuid() = -1 ENOSYS", {}]);
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

test("mprotect controls reading, writing and execution", () => {
  const seen: string[] = [];
  const body = `
    movb $0xc3, page                     # ret
    ${call("mprotect", "$page", 4096, 1)}
    ${expectValue(0)}
    movb $0xc3, page                     # a fault
    ${call("mprotect", "$page", 4096, 1)}
    call page                            # another
    ${call("mprotect", "$page", 4096, 5)}
    ${expectValue(0)}
    call page
    ${call("mprotect", "$page", 4096, 0)}
    movb page, %al                       # and one more
    ${exitWith(0)} ${DATA}`;
  holds(body, {
    onFault: ({ access, info }, { space, context }) => {
      seen.push(`${access} ${info.code}`);
      const { address } = info;
      space.protect(address - (address % 4096n), 4096, "rwx");
      context.registers.set("rax", 0n);
      return seen.length < 10;
    },
  });
  // SEGV_ACCERR is 2.
  assert.equal(seen, ["read 2", "execute 2", "read 2"]);
});

test("the memory of a guest is bounded, and released memory can be allocated again", () => {
  const size = 1 << 20;
  const { calls } = holds(
    `
    movl $50, %ebx
    1: ${call("mmap", 0, size, 3, flags("MAP_PRIVATE", "MAP_ANONYMOUS"), -1, 0)}
    movq %rax, %r14
    ${call("munmap", "%r14", size)}
    ${expectValue(0)}
    decl %ebx
    jnz 1b
    2: incl %ebx
    ${call("mmap", 0, size, 3, flags("MAP_PRIVATE", "MAP_ANONYMOUS"), -1, 0)}
    cmpl $200, %ebx
    jg 3f
    testq %rax, %rax
    jns 2b
    ${expectErrno("ENOMEM")}
    3: ${exitWith(0)}`,
    { memory: 32 << 20 },
  );
  // The stack has 8 of the 32.
  assert.ok((calls.mmap ?? 0) > 70 && (calls.mmap ?? 0) < 76, `${calls.mmap}`);
});

test("struct stat has the type and the size", () => {
  const { stdout } = holds(
    `
    ${call("newfstatat", -100, "$etc", "$page", 0)}
    ${expectValue(0)}
    ${call("write", 1, "$page", 144)}
    ${call("fstat", 0, "$page")}
    ${expectValue(0)}
    ${call("write", 1, "$page", 144)}
    ${call("newfstatat", 1, "$empty", "$page", 0x1000)}
    ${expectValue(0)}
    ${call("write", 1, "$page", 144)}
    ${call("stat", "$none", "$page")}
    ${expectErrno("ENOENT")}
    ${call("fstat", 3, "$page")}
    ${expectErrno("EBADF")}
    ${call("lstat", "$etc", NOWHERE)}
    ${expectErrno("EFAULT")}
    ${exitWith(0)} ${DATA}`,
    { files: FILES, stdin: Buffer.from("four") },
  );
  const view = new DataView(Uint8Array.from(Buffer.from(stdout, "latin1")).buffer);
  const seen = [0, 144, 288].map((at) => [
    view.getUint32(at + 24, true),
    view.getUint32(at + 48, true),
  ]);
  assert.equal(seen, [
    [0o100444, 11],
    [0o010600, 0],
    [0o010600, 0],
  ]);
});

tests.run();
