import type { GuestRun } from "../../../src/index.ts";
import { GUEST_MACHINE } from "../../../src/labs/guest/machine.ts";
import { hear } from "../../support/calling_guests.ts";
import { EXIT_WITH_ERRNO, errno, exampleGuest, flags } from "../../support/programs.ts";

const guests = suite("guest");
const withCompiler = needs(guests, "cc");
const withMusl = needs(guests, "musl-gcc");

let platform: Platform;
guests.before(() => {
  platform = openPlatform();
});
guests.after(() => {
  const { pid } = platform.master;
  platform.close();
  assert.is(processState(pid), undefined);
});
guests.after.each(() => {
  // The master and one address space, which is released each time.
  assert.is(platform.pooled, platform.tracer.stubs.size - 1);
  assert.ok(platform.pooled <= 1);
});

const example = (name: string): string => readFileSync(`examples/guests/${name}`, "utf8");

function run(body: string, options?: GuestOptions): GuestRun {
  return runGuest(platform, { elf: assemble(body) }, options);
}

/** The exit status of a guest; any other end fails the test. */
function statusOf({ result }: GuestRun): number {
  if (result.kind === "exited") return result.status;
  throw new Error(`it ended otherwise: ${result.kind} ${"signal" in result ? result.signal : ""}`);
}

/** Expects that a system call returns an errno to a guest; "" stands for a value. */
function expectErrno(name: string, body: string, setUp = "", options: GuestOptions = {}): void {
  const status = statusOf(run(`${setUp}\n${body}\n${EXIT_WITH_ERRNO}`, options));
  assert.is(status, name === "" ? 0 : errno(name), body);
}

guests("runs bare code at a given address", () => {
  const { result, calls, switches } = runGuest(platform, { code: EXIT_7 });
  assert.equal(result, { kind: "exited", status: 7 });
  assert.equal(calls, { exit: 1 });
  assert.is(switches, 1);
  const address = 0x123456000n;
  const illegal = runGuest(platform, { code: program(asm.ILLEGAL), address });
  assert.is("instruction" in illegal.result ? illegal.result.instruction : undefined, address);
});

withMusl("prints a greeting from C with musl", () => {
  const elf = compile("musl-gcc", "hello.c", example("hello.c"), "-static");
  const { stdout, stderr, trace, ...run } = hear(platform, elf, { args: ["hello", "to", "you"] });
  assert.equal(run.result, { kind: "exited", status: 0 });
  assert.is(stdout, "hello, world\nargument 1: to\nargument 2: you\n");
  assert.is(stderr, "");
  const sum = Object.values(run.calls).reduce((a, b) => a + b, 0);
  assert.is(sum, run.switches);
  assert.is(trace.length, run.switches);
  assert.match(trace.join("\n"), /^arch_prctl\(ARCH_SET_FS, 0x[0-9a-f]+\) = 0$/m);
  assert.match(trace.join("\n"), /^ioctl\(1, TIOCGWINSZ, 0x[0-9a-f]+\) = -1 ENOTTY$/m);
  assert.is(trace.at(-1), "exit_group(0) = ?");
});

withMusl("prints a greeting with every encoder", () => {
  const elf = compile("musl-gcc", "hello.c", example("hello.c"), "-static");
  const heard = ["assembly", "script", "native"].map((encoder) => {
    using other = openPlatform({ encoder: openEncoder(encoder) });
    return hear(other, elf);
  });
  for (const ran of heard) {
    assert.is(ran.stdout, "hello, world\n");
    assert.equal({ ...ran, used: undefined }, { ...heard[0], used: undefined });
  }
});

for (const [what, compiler, ...options] of [
  ["static with glibc", "cc", "-static"],
  ["static-pie with glibc", "cc", "-static-pie", "-fPIE"],
  ["static-pie with musl", "musl-gcc", "-static-pie", "-fPIE"],
] as const) {
  const test = needs(guests, compiler);
  test(`prints a greeting, ${what}`, () => {
    const elf = compile(compiler, "hello.c", example("hello.c"), ...options);
    const { result, stdout } = hear(platform, elf, { args: ["hello"] });
    assert.equal(result, { kind: "exited", status: 0 });
    assert.is(stdout, "hello, world\n");
  });
}

withMusl("finds its arguments, its environment and its auxiliary values", () => {
  const text = `
    #include <stdio.h>
    #include <sys/auxv.h>
    extern char **environ;
    extern char _start[];
    int main(int argc, char **argv) {
      for (int i = 0; i <= argc; i++) printf("[%s]\\n", argv[i] ? argv[i] : "NULL");
      for (char **e = environ; ; e++) { printf("[%s]\\n", *e ? *e : "NULL"); if (!*e) break; }
      unsigned long page = getauxval(AT_PAGESZ), phdr = getauxval(AT_PHDR);
      printf("page %lu phent %lu phnum %d secure %lu\\n", page, getauxval(AT_PHENT),
             getauxval(AT_PHNUM) > 0, getauxval(AT_SECURE));
      printf("uid %d %d %d %d\\n", getauxval(AT_UID) == getauxval(AT_EUID), getauxval(AT_UID) > 0,
             getauxval(AT_GID) == getauxval(AT_EGID), getauxval(AT_GID) > 0);
      printf("entry %d first header type %u vdso %lu\\n", getauxval(AT_ENTRY) == (unsigned long)_start,
             *(unsigned *)phdr, getauxval(AT_SYSINFO_EHDR));
      unsigned char *random = (unsigned char *)getauxval(AT_RANDOM), any = 0;
      for (int i = 0; i < 16; i++) any |= random[i];
      printf("random %d aligned %d\\n", any != 0, (unsigned long)__builtin_frame_address(0) % 16 == 0);
      return argc;
    }`;
  const elf = compile("musl-gcc", "start.c", text, "-static");
  const ran = hear(platform, elf, { args: ["a", "", "ü"], env: { HOME: "/", EMPTY: "" } });
  const stdout = Buffer.from(ran.stdout, "latin1").toString();
  assert.equal(ran.result, { kind: "exited", status: 3 });
  const [strings, values] = [stdout.split("\n").slice(0, 7), stdout.split("\n").slice(7)];
  assert.equal(strings, ["[a]", "[]", "[ü]", "[NULL]", "[HOME=/]", "[EMPTY=]", "[NULL]"]);
  assert.equal(values.slice(0, 4), [
    "page 4096 phent 56 phnum 1 secure 0",
    "uid 1 1 1 1",
    `entry 1 first header type ${/type (\d+)/.exec(stdout)?.[1]} vdso 0`,
    "random 1 aligned 1",
  ]);
});

withCompiler("starts with an aligned stack and nothing in its registers", () => {
  const zero = ["rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rbp", "r8", "r15"];
  const tests = zero.map((register) => `test %${register}, %${register}\njnz 1f`).join("\n");
  const body = `${tests}\ntest $15, %spl\njnz 1f\ncmpq $2, (%rsp)\njne 1f\n${exitWith(0)}\n1:${exitWith(1)}`;
  assert.is(statusOf(run(body, { args: ["x", "y"] })), 0);
});

withCompiler("fills with zeros what the file does not cover", () => {
  const body = `
    movl $zeros, %edi
    movl $20000, %ecx
    xorl %eax, %eax
    repe scasb
    setne %bl
    movb $1, last          # and may write there
    movzbl %bl, %ebx
    ${exitWith("rbx")}
    .data
    .byte 1, 2, 3
    .bss
    zeros: .skip 20000
    last: .skip 1`;
  assert.is(statusOf(run(body)), 0);
});

withCompiler("loads segments that share a page", () => {
  // -N: text and data in one, and with -z noseparate-code several in one page.
  for (const option of ["-Wl,-N", "-Wl,-z,noseparate-code", "-Wl,-z,max-page-size=16"]) {
    const body = `incb value\nmovzbl value, %ebx\n${exitWith("rbx")}\n.data\nvalue: .byte 4`;
    const elf = assemble(body, "-static", option);
    assert.is(statusOf(runGuest(platform, { elf })), 5, option);
  }
});

// Faults and signals.

withCompiler("faults, and continues if the host maps the page", () => {
  const elf = exampleGuest("fault.S");
  const seen: string[] = [];
  const { result } = runGuest(
    platform,
    { elf },
    {
      onFault: ({ address, access }, { space }) => {
        seen.push(`${access} 0x${address.toString(16)}`);
        if (seen.length === 2) space.mapAnonymous(0x200000000n, 4096, "rw");
        return true;
      },
    },
  );
  assert.equal(result, { kind: "exited", status: 0 });
  // ptrace does not distinguish reads from writes: a repeated fault is reported as a write.
  assert.equal(seen, ["read 0x200000008", "write 0x200000008"]);
});

withCompiler("dies of a fault that is not handled, and of one that recurs", () => {
  const elf = exampleGuest("fault.S");
  for (const options of [{}, { onFault: () => false }]) {
    const { result } = runGuest(platform, { elf }, options);
    assert.is(result.kind, "signaled");
    if (result.kind !== "signaled") return;
    assert.equal([result.signal, result.address], ["SIGSEGV", 0x200000008n]);
  }
  let times = 0;
  const options = { deadline: 50, onFault: () => ++times > 0 };
  assert.equal(runGuest(platform, { elf }, options).result, {
    kind: "interrupted",
    reason: "deadline",
  });
  assert.ok(times > 10);
});

withCompiler("can neither use nor replace the stub code", () => {
  const stub = BigInt(platform.tracer.host.stubAddress);
  const fixed = flags("MAP_PRIVATE") | flags("MAP_ANONYMOUS") | flags("MAP_FIXED");
  expectErrno("EINVAL", call("mmap", stub, 4096, 3, fixed, -1, 0));
  const noReplace = fixed | flags("MAP_FIXED_NOREPLACE");
  expectErrno("EEXIST", call("mmap", stub, 4096, 3, noReplace & ~flags("MAP_FIXED"), -1, 0));
  expectErrno("EINVAL", call("munmap", 0, 0x7ffffffff000));
  expectErrno("EINVAL", call("munmap", stub, 4096));
  expectErrno("ENOMEM", call("mprotect", stub, 4096, 7));
  expectErrno("EFAULT", call("uname", stub));
  for (let offset = 0n; offset < 128n; offset++) {
    const { result } = run(`movabs $${stub + offset}, %rax\njmp *%rax`, { deadline: 500 });
    assert.ok(result.kind !== "interrupted", `at ${offset}`);
  }
  // It is unchanged: the next guest runs in the same process.
  assert.is(statusOf(runGuest(platform, { code: EXIT_7 })), 7);
});

for (const [what, program, options] of [
  ["no code", { code: new Uint8Array() }, {}],
  ["garbage", { elf: new Uint8Array(1000) }, {}],
  ["an argument with a NUL", { code: EXIT_7 }, { args: ["a\0b"] }],
  ["a variable with a NUL", { code: EXIT_7 }, { env: { "a\0": "b" } }],
  ["too long arguments", { code: EXIT_7 }, { args: ["x".repeat(200_000)] }],
  ["a deadline of 0", { code: EXIT_7 }, { deadline: 0 }],
  ["an invalid deadline", { code: EXIT_7 }, { deadline: Number.NaN }],
  ["too little memory", { code: EXIT_7 }, { memory: 1 << 20 }],
  ["an address in the stack", { code: EXIT_7, address: GUEST_MACHINE.stackTop - 0x10000n }, {}],
] as const) {
  guests(`refuses ${what}`, () => {
    thrown(InputError, () => runGuest(platform, program, options));
  });
}

guests("refuses unknown members, and names the nearest known one", () => {
  const refused: readonly [program: unknown, options: unknown, message: RegExp][] = [
    [{}, {}, /^program: expected \{ elf \} or \{ code \}/],
    [{ code: EXIT_7, adress: 1n }, {}, /^program: .*"adress".*address\?/],
    [{ code: EXIT_7, base: 0x10000n }, {}, /^program: .*"base"/],
    [{ elf: EXIT_7, code: EXIT_7 }, {}, /^program: .*"code"/],
    [{ elf: undefined }, {}, /^program\.elf: expected a Uint8Array/],
    [{ code: EXIT_7, address: 4096 }, {}, /^program\.address: expected a BigInt/],
    [{ code: EXIT_7 }, { onSycall: () => {} }, /^options: .*"onSycall".*onSyscall\?/],
    [{ code: EXIT_7 }, { onSyscall: {} }, /^options\.onSyscall: expected a function/],
    [{ code: EXIT_7 }, { signal: "SIGKILL" }, /^options\.signal: expected an AbortSignal/],
  ];
  for (const [program, options, message] of refused) {
    const { message: seen } = thrown(InputError, () =>
      // @ts-expect-error The types refuse all of these.
      runGuest(platform, program, options),
    );
    assert.match(seen, message);
  }
});

withCompiler("refuses a program that needs more memory than there is", () => {
  const elf = assemble(`${exitWith(0)}\n.bss\n.skip 0x100000000`);
  assert.match(thrown(InputError, () => runGuest(platform, { elf })).message, /the limit is/);
});

guests("does no harm with arbitrary code", () => {
  const next = randomWords(2n);
  const kinds = new Set<string>();
  for (let i = 0; i < 1000; i++) {
    const code = new Uint8Array(BigUint64Array.from({ length: 8 }, next).buffer);
    // Half of them begin with a system call of random arguments and a small number.
    if (i % 2 === 0) code.set([0x31, 0xc0, 0xb0, i % 256, 0x0f, 0x05]);
    const options = { deadline: 20, memory: 64 << 20, args: ["a"] };
    kinds.add(runGuest(platform, { code }, options).result.kind);
  }
  assert.ok(kinds.has("signaled"));
});

guests("runs a thousand times in the same process", () => {
  const pids = new Set<number>();
  for (let i = 0; i < 1000; i++) {
    const { result } = runGuest(
      platform,
      { code: EXIT_7 },
      { onStart: ({ space }) => pids.add(space.pid) },
    );
    if (result.kind !== "exited") throw new Error(result.kind);
  }
  assert.is(pids.size, 1);
});

needs(guests, "cc", { AVX: hasFeature("avx") })("keeps its YMM registers", () => {
  const elf = exampleGuest("avx.s");
  const { result, calls } = runGuest(platform, { elf }, { deadline: 20_000 });
  assert.equal(result, { kind: "exited", status: 0 });
  assert.equal(calls, { getpid: 300, write: 300, mmap: 300, munmap: 300, exit: 1 });
});
