import { readFileSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import { type GuestOptions, type GuestRun, Platform, runGuest } from "../src/index.ts";
import { hasTool } from "./processes.ts";
import { assemble, call, EXIT_WITH_ERRNO, errno, exitWith, flags } from "./programs.ts";

const calls = suite("guest's system calls");
const test = hasTool("cc") ? calls : calls.skip;

let platform: Platform;
calls.before(() => {
  platform = Platform.open();
});
calls.after(() => platform.close());

interface Heard extends GuestRun {
  readonly lengths: number[];
  readonly stdout: string;
  readonly stderr: string;
  readonly trace: string[];
}

function run(body: string, options: GuestOptions = {}): Heard {
  const lengths: number[] = [];
  const heard: Record<1 | 2, string> = { 1: "", 2: "" };
  const trace: string[] = [];
  const ran = runGuest(
    platform,
    { elf: assemble(body) },
    {
      output: (fd, bytes) => {
        lengths.push(bytes.length);
        if (bytes.length < 10_000) heard[fd] += Buffer.from(bytes).toString("latin1");
      },
      trace: ({ text }) => trace.push(text),
      ...options,
    },
  );
  return { ...ran, lengths, stdout: heard[1], stderr: heard[2], trace };
}

/** Runs a body that exits with 0 if all checks hold, else with the number of the first that does not. */
function holds(body: string, options: GuestOptions = {}): Heard {
  const ran = run(body, options);
  assert.equal(ran.result, { kind: "exited", status: 0 }, ran.trace.join("\n"));
  return ran;
}

let checks = 0;

/** Exits with the next number unless the last call returned this value. */
function expectValue(value: number | bigint | string): string {
  const operand = typeof value === "string" ? value : `$${value}`;
  const label = `good_${++checks}`;
  return `movq ${operand}, %r15\ncmpq %r15, %rax\nje ${label}\n${exitWith((checks % 250) + 1)}\n${label}:`;
}

/** The same for an errno. */
const expectErrno = (name: string): string => expectValue(-errno(name));

/** The errno that one call returns, as a number; 0 for a value. */
function errnoOf(text: string, options: GuestOptions = {}): number {
  const { result } = run(`${text}\n${EXIT_WITH_ERRNO}${DATA}`, options);
  if (result.kind === "exited") return result.status;
  throw new Error(`it ended otherwise: ${result.kind}`);
}

const NOWHERE = 0x123456789000n;
const KERNEL = -4096n;
const HUGE = 1n << 60n;

/** Data that the bodies below use. */
const DATA = `
  .data
  text: .ascii "hello\\n"
  vectors: .quad text, 6, text, 0, text, 5
  one_bad: .quad text, 6, ${NOWHERE}, 8
  negative: .quad text, 6, text, -1
  huge: .quad text, ${HUGE}
  .section .rodata
  constant: .quad 0
  .bss
  .balign 4096
  page: .skip 4096`;

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
  ["EFAULT", call("clock_gettime", 0, NOWHERE)],
  ["EFAULT", call("clock_gettime", 1, "$_start")],
  ["EINVAL", call("clock_gettime", 77, "$page")],
  ["EINVAL", call("clock_gettime", -1, "$page")],
  ["EFAULT", call("arch_prctl", 0x1003, NOWHERE)],
  ["EPERM", call("arch_prctl", 0x1002, KERNEL)],
  ["EPERM", call("arch_prctl", 0x1001, 0x7ffffffff000n)],
  ["EINVAL", call("arch_prctl", 1, 0)],
  ["ENOSYS", call("openat", -100, "$text", 0)],
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

test("traces unknown calls with all their registers", () => {
  const { trace, calls } = run(`${call("999", 1, -1)}\n${call("openat", 5)}\n${exitWith(0)}`);
  assert.equal(trace.slice(0, 2), [
    "syscall_999(0x1, 0xffffffffffffffff, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS",
    "openat(0x5, 0xffffffffffffffff, 0x0, 0x0, 0x0, 0x0) = -1 ENOSYS",
  ]);
  assert.equal(calls, { syscall_999: 1, openat: 1, exit: 1 });
});

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

test("brk grows, shrinks and keeps what lies below", () => {
  const { trace } = holds(`
    ${call("brk", 0)}
    movq %rax, %rbx
    testq $4095, %rbx
    jnz bad
    leaq 10000(%rbx), %r12
    ${call("brk", "%r12")}
    ${expectValue("%r12")}
    movb $7, 9999(%rbx)
    cmpb $0, 5000(%rbx)        # zeros
    jne bad
    leaq 5000(%rbx), %r12      # shrinks by a page
    ${call("brk", "%r12")}
    ${expectValue("%r12")}
    movb $9, 4999(%rbx)
    leaq 10000(%rbx), %r12
    ${call("brk", "%r12")}
    cmpb $0, 9999(%rbx)        # a new page
    jne bad
    cmpb $9, 4999(%rbx)        # an old one
    jne bad
    ${call("brk", "$1")}       # below the heap: nothing changes
    ${expectValue("%r12")}
    ${call("brk", "$-1")}
    ${expectValue("%r12")}
    movabs $${HUGE}, %rdi
    movl $12, %eax
    syscall
    ${expectValue("%r12")}
    leaq 0x50000000(%rbx), %rdi # more than its memory
    movl $12, %eax
    syscall
    ${expectValue("%r12")}
    movq %rbx, %r12
    ${call("brk", "%rbx")}
    ${expectValue("%rbx")}
    ${exitWith(0)}
    bad: ${exitWith(255)}`);
  assert.match(trace[0] ?? "", /^brk\(NULL\) = 0x[0-9a-f]+000$/);
});

test("brk stops at another mapping", () => {
  holds(`
    ${call("brk", 0)}
    movq %rax, %rbx
    leaq 4096(%rbx), %r12
    movq $${flags("MAP_PRIVATE", "MAP_ANONYMOUS", "MAP_FIXED")}, %r13
    ${call("mmap", "%r12", 4096, 3, "%r13", -1, 0)}
    ${expectValue("%r12")}
    leaq 8192(%rbx), %rdi
    movl $12, %eax
    syscall
    ${expectValue("%rbx")}
    ${call("brk", "%r12")}
    ${expectValue("%r12")}
    ${exitWith(0)}`);
});

test("a page that brk released is unmapped", () => {
  const { result } = run(`
    ${call("brk", 0)}
    movq %rax, %rbx
    leaq 4096(%rbx), %r12
    ${call("brk", "%r12")}
    movb $1, (%rbx)
    ${call("brk", "%rbx")}
    movb $1, (%rbx)`);
  assert.is(result.kind === "signaled" && result.signal, "SIGSEGV");
});

const ANYWHERE = flags("MAP_PRIVATE", "MAP_ANONYMOUS");
const FIXED = ANYWHERE | flags("MAP_FIXED");

test("mmap maps zeros at a free address, at a hint, and at a fixed address", () => {
  const { trace } = holds(`
    ${call("mmap", 0, 10000, 3, ANYWHERE, -1, 0)}
    movq %rax, %rbx
    testq $4095, %rbx
    jnz bad
    cmpq $0, 9992(%rbx)
    jne bad
    movq $5, 9992(%rbx)
    ${call("mmap", NOWHERE, 4096, 3, ANYWHERE, -1, 0)}
    ${expectValue(NOWHERE)}
    ${call("mmap", NOWHERE, 4096, 3, ANYWHERE, -1, 0)} # taken: elsewhere
    movabs $${NOWHERE}, %r12
    cmpq %r12, %rax
    je bad
    movq $1, (%r12)
    ${call("mmap", NOWHERE, 4096, 3, FIXED, -1, 0)}    # taken: in its place
    ${expectValue(NOWHERE)}
    cmpq $0, (%r12)
    jne bad
    ${call("mmap", NOWHERE, 4096, 3, ANYWHERE | flags("MAP_FIXED_NOREPLACE"), -1, 0)}
    ${expectErrno("EEXIST")}
    ${call("mmap", NOWHERE, 4096, 0, FIXED, -1, 0)}
    ${expectValue(NOWHERE)}
    ${exitWith(0)}
    bad: ${exitWith(255)}`);
  assert.match(
    trace[0] ?? "",
    /^mmap\(NULL, 10000, PROT_READ\|PROT_WRITE, MAP_PRIVATE\|MAP_ANONYMOUS, -1, 0\) = 0x[0-9a-f]+000$/,
  );
  assert.is(
    trace.at(-2),
    "mmap(0x123456789000, 4096, PROT_NONE, MAP_PRIVATE|MAP_ANONYMOUS|MAP_FIXED, -1, 0) = 0x123456789000",
  );
});

for (const [name, what, text] of [
  ["EINVAL", "of nothing", call("mmap", 0, 0, 3, ANYWHERE, -1, 0)],
  ["ENOMEM", "of 2^60 bytes", call("mmap", 0, HUGE, 3, ANYWHERE, -1, 0)],
  ["ENOMEM", "of 2^64 - 1 bytes", call("mmap", 0, -1, 3, ANYWHERE, -1, 0)],
  ["ENOMEM", "of more than its memory", call("mmap", 0, 1 << 30, 3, ANYWHERE, -1, 0)],
  ["EINVAL", "at no page", call("mmap", NOWHERE + 1n, 4096, 3, FIXED, -1, 0)],
  ["ENOMEM", "past user space", call("mmap", 0x7ffffffff000n, 4096, 3, FIXED, -1, 0)],
  ["ENODEV", "of a file", call("mmap", 0, 4096, 3, flags("MAP_PRIVATE"), 1, 0)],
  ["ENODEV", "of a shared file", call("mmap", 0, 4096, 3, flags("MAP_SHARED"), 1, 0)],
  [
    "ENODEV",
    "of shared memory",
    call("mmap", 0, 4096, 3, flags("MAP_SHARED", "MAP_ANONYMOUS"), -1, 0),
  ],
  ["EINVAL", "of no type", call("mmap", 0, 4096, 3, flags("MAP_ANONYMOUS"), -1, 0)],
  ["EINVAL", "that grows", call("mmap", 0, 4096, 3, ANYWHERE | flags("MAP_GROWSDOWN"), -1, 0)],
  ["EINVAL", "of huge pages", call("mmap", 0, 4096, 3, ANYWHERE | flags("MAP_HUGETLB"), -1, 0)],
  ["EINVAL", "with strange protection", call("mmap", 0, 4096, 0x103, ANYWHERE, -1, 0)],
] as const) {
  test(`mmap returns ${name} for a mapping ${what}`, () => assert.is(errnoOf(text), errno(name)));
}

for (const [name, text] of [
  ["EINVAL", call("munmap", "$page", 0)],
  ["EINVAL", call("munmap", "$page + 1", 4096)],
  ["EINVAL", call("munmap", "$page", HUGE)],
  ["EINVAL", call("munmap", "$page", -1)],
  ["EINVAL", call("munmap", KERNEL, 4096)],
  ["EINVAL", call("mprotect", "$page + 1", 4096, 1)],
  ["EINVAL", call("mprotect", "$page", 4096, 0x100)],
  ["ENOMEM", call("mprotect", NOWHERE, 4096, 1)],
  ["ENOMEM", call("mprotect", "$page", HUGE, 1)],
  ["ENOMEM", call("mprotect", "$page", -1, 1)],
] as const) {
  test(`returns ${name} for ${text.split("\n").join("; ")}`, () => {
    assert.is(errnoOf(text), errno(name));
  });
}

test("munmap unmaps pages, even unmapped ones, and mprotect of length 0 succeeds", () => {
  const { result } = run(`
    ${call("munmap", NOWHERE, 8192)}
    ${expectValue(0)}
    ${call("mprotect", "$page", 0, 1)}
    ${expectValue(0)}
    movb $1, page
    ${call("munmap", "$page", 1)}
    ${expectValue(0)}
    movb $1, page
    ${DATA}`);
  assert.is(result.kind === "signaled" && result.signal, "SIGSEGV");
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

test("a mapping that the guest protects from writing is protected from its system calls too", () => {
  const text = `${call("mprotect", "$page", 4096, 1)}\n${call("uname", "$page")}`;
  assert.is(errnoOf(text), errno("EFAULT"));
});

test("the memory of a guest is bounded, and released memory can be allocated again", () => {
  const size = 1 << 20;
  const { calls } = holds(
    `
    movl $50, %ebx
    1: ${call("mmap", 0, size, 3, ANYWHERE, -1, 0)}
    movq %rax, %r14
    ${call("munmap", "%r14", size)}
    ${expectValue(0)}
    decl %ebx
    jnz 1b
    2: incl %ebx
    ${call("mmap", 0, size, 3, ANYWHERE, -1, 0)}
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

calls.run();
