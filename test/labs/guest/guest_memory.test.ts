import * as assert from "uvu/assert";
import {
  DATA,
  errnoOf,
  expectErrno,
  expectValue,
  guestSuite,
  HUGE,
  holds,
  KERNEL,
  NOWHERE,
  run,
} from "../../support/calling_guests.ts";
import { call, errno, exitWith, flags } from "../../support/programs.ts";

const { tests, test } = guestSuite("guest's memory");

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
    "mmap(0x123456789000, 4096, PROT_NONE, MAP_PRIVATE|MAP_FIXED|MAP_ANONYMOUS, -1, 0) = 0x123456789000",
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

tests.run();
