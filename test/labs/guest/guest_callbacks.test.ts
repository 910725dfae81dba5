import type { GuestAnswer, GuestRun } from "../../../src/index.ts";
import { hear } from "../../support/calling_guests.ts";
import { errno, flags } from "../../support/programs.ts";

const callbacks = suite("guest: callbacks");
const test = needs(callbacks, "cc");

let platform: Platform;
callbacks.before(() => {
  platform = Platform.open();
});
callbacks.after(() => platform.close());
callbacks.after.each(() => {
  // The master and one address space, which is in the pool again.
  assert.is(platform.pooled, platform.tracer.stubs.size - 1);
  assert.ok(platform.pooled <= 1);
});

/** Expects that the platform still runs guests. */
function expectUsable(): void {
  assert.equal(runGuest(platform, { code: EXIT_7 }).result, { kind: "exited", status: 7 });
}

const listen = (body: string, options: GuestOptions) => hear(platform, assemble(body), options);

/** Emulates the calls of one name. */
function answering(wanted: string, answer: GuestAnswer): GuestOptions {
  return { onSyscall: ({ name }) => (name === wanted ? answer : undefined) };
}

// Answers.

test("a caller returns a value for one call, and all others are emulated", () => {
  const body = `${call("getuid")}\nmovq %rax, %rbx\n${call("getpid")}\naddq %rax, %rbx\n${exitWith("rbx")}`;
  for (const value of [41, 41n]) {
    const { result, calls, trace } = listen(body, answering("getuid", { value }));
    assert.equal(result, { kind: "exited", status: 42 });
    assert.equal(calls, { getuid: 1, getpid: 1, exit: 1 });
    assert.match(trace[0] ?? "", /^getuid\(.*\) = 41$/);
    assert.equal(trace.slice(1), ["getpid() = 1", "exit(42) = ?"]);
  }
});

test("a value is any word that is not an errno", () => {
  const body = (word: bigint) =>
    `${call("getuid")}\nmovabs $${word}, %rbx\ncmpq %rax, %rbx\nsetne %bl\nmovzbl %bl, %ebx\n${exitWith("rbx")}`;
  for (const value of [-4096n, -(1n << 63n), (1n << 63n) - 1n, 1n << 63n]) {
    const { result } = listen(body(value), answering("getuid", { value }));
    assert.equal(result, { kind: "exited", status: 0 }, `${value}`);
  }
});

test("a caller returns an errno for a call", () => {
  const body = `${call("open", "$name", 0)}\nnegq %rax\n${exitWith("rax")}\n.data\nname: .asciz "x"`;
  const { result, trace } = listen(body, answering("open", { errno: "ENOENT" }));
  assert.equal(result, { kind: "exited", status: errno("ENOENT") });
  assert.match(trace[0] ?? "", /^open\("x", O_RDONLY\) = -1 ENOENT$/);
});

test("a caller ends the guest, or lets an exit return", () => {
  const ended = listen(`${call("getuid")}\n${exitWith(1)}`, answering("getuid", { exit: 9 }));
  assert.equal(ended.result, { kind: "exited", status: 9 });
  assert.match(ended.trace.join(), /^getuid\(.*\) = \?$/);
  const { result, trace } = listen(
    `${exitWith(3)}\n${call("exit_group", 4)}`,
    answering("exit", { value: 0 }),
  );
  assert.equal(result, { kind: "exited", status: 4 });
  assert.equal(trace, ["exit(3) = 0", "exit_group(4) = ?"]);
});

test("a caller sees the arguments, and accesses the guest's memory", () => {
  const heard: string[] = [];
  const flag = flags("MAP_PRIVATE") | flags("MAP_ANONYMOUS");
  const { result, trace, stdout } = listen(
    `${call("write", 1, "$text", 3)}
    ${call("mmap", 0, 4096, 3, flag, -1, 0)}
    incb (%rax)
    ${call("uname", "$page")}
    ${call("arch_prctl", 0x1003, "$page")}
    ${exitWith(0)}
    .data
    text: .ascii "hi\\n"
    .bss
    page: .skip 4096`,
    {
      onSyscall({ name, number, args }, guest) {
        const [first = 0n, second = 0n, third = 0n] = args;
        if (name === "write") {
          assert.is(number, 1);
          heard.push(Buffer.from(guest.read(second, Number(third)) ?? []).toString());
          return { value: third };
        }
        if (name === "mmap") {
          guest.space.mapAnonymous(0x123456000n, second, "rw");
          return { value: 0x123456000n };
        }
        if (name === "uname") guest.write(first, Buffer.from("Plan 9\0"));
        else if (name === "arch_prctl") guest.write(second, Uint8Array.of(7, 0, 0, 0, 0, 0, 0, 0));
        else return undefined;
        return { value: 0 };
      },
    },
  );
  assert.equal(result, { kind: "exited", status: 0 });
  assert.equal([heard, stdout], [["hi\n"], ""]);
  assert.is(trace[0], 'write(1, "hi\\n", 3) = 3');
  assert.match(trace[1] ?? "", /^mmap\(NULL, 4096, .*\) = 0x123456000$/);
  assert.is(trace[2], 'uname({sysname="Plan 9", nodename="", ...}) = 0');
  assert.is(trace[3], "arch_prctl(ARCH_GET_FS, [0x7]) = 0");
});

for (const [what, answer, message] of [
  ["an unknown member", { vlaue: 1 }, /expected \{ value \}, .*"vlaue"/],
  ["nothing", {}, /expected \{ value \}/],
  ["two members", { value: 1, exit: 1 }, /"value, exit"/],
  ["a promise", Promise.resolve({ value: 1 }), /got a promise, but onSyscall must be synchronous/],
  ["null", null, /expected an object, got null/],
  ["a number", 1, /expected an object, got 1/],
  ["a fraction", { value: 1.5 }, /value: expected an integer/],
  ["a value beyond 64 bits", { value: 1n << 64n }, /value: expected an integer/],
  ["no value", { value: undefined }, /value: expected an integer/],
  ["an errno as a value", { value: -2 }, /value: -2 .*errno/],
  ["the same unsigned", { value: (1n << 64n) - 4095n }, /value: -4095 .*errno/],
  ["an unknown errno", { errno: "ENOENTT" }, /errno: .*"ENOENTT"; did you mean ENOENT\?/],
  ["a constant that is not an errno", { errno: "MAP_PRIVATE" }, /errno: unknown errno/],
  ["an errno of the kernel's own", { errno: "ERESTARTSYS" }, /errno: unknown errno/],
  ["an errno by number", { errno: 2 }, /errno: expected a string/],
  ["a status beyond a byte", { exit: 256 }, /exit: expected a whole number from 0 to 255/],
] as const) {
  callbacks(`refuses ${what} as an answer, and ends the guest`, () => {
    const { message: seen } = thrown(InputError, () =>
      // @ts-expect-error The types refuse most of these.
      runGuest(platform, { code: EXIT_7 }, { onSyscall: () => answer }),
    );
    assert.match(seen, /^the result of onSyscall/);
    assert.match(seen, message);
    expectUsable();
  });
}

/** hlt: a fault. */
const HALT = Uint8Array.of(0xf4);

callbacks("refuses anything but true or false from onFault", () => {
  const { message } = thrown(InputError, () =>
    // @ts-expect-error An asynchronous callback would let a guest fault forever.
    runGuest(platform, { code: HALT }, { onFault: async () => true }),
  );
  assert.match(message, /^the result of onFault: expected true or false/);
  expectUsable();
});

// Exceptions.

/** write(1, 0x10000, 1) */
const WRITE = Uint8Array.from([
  ...[0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0xbe, 0, 0, 1, 0, 0xba, 1, 0, 0, 0, 0x0f, 5],
]);

for (const [name, code] of [
  ["onStart", EXIT_7],
  ["onSyscall", EXIT_7],
  ["trace", EXIT_7],
  ["output", WRITE],
  ["onFault", HALT],
] as const) {
  callbacks(`an exception of ${name} propagates from runGuest, and the guest is ended`, () => {
    const values = [new Error("enough"), new UnsupportedError("enough"), "enough", undefined];
    for (const value of values) {
      const refuse = () => {
        throw value;
      };
      const caught = raised(() => runGuest(platform, { code }, { [name]: refuse }));
      assert.is(caught, value);
      assert.is(platform.pooled, 1);
      expectUsable();
    }
  });
}

callbacks("an exception of a callback propagates even if the guest's process was killed", () => {
  const enough = new Error("enough");
  const onSyscall: GuestOptions["onSyscall"] = (_, { space }) => {
    process.kill(space.pid, "SIGKILL");
    throw enough;
  };
  assert.is(
    raised(() => runGuest(platform, { code: EXIT_7 }, { onSyscall })),
    enough,
  );
  expectUsable();
});

callbacks("a callback runs another guest of the same platform", () => {
  const other = Platform.open();
  try {
    let inner: GuestRun | undefined;
    const onSyscall = () => {
      inner ??= runGuest(other, { code: EXIT_7 });
      return { exit: 8 };
    };
    const { result } = runGuest(other, { code: EXIT_7 }, { onSyscall });
    assert.equal(
      [result, inner?.result],
      [
        { kind: "exited", status: 8 },
        { kind: "exited", status: 7 },
      ],
    );
    assert.is(other.pooled, 2);
  } finally {
    other.close();
  }
});

// AbortSignal.

/** jmp to itself, after a system call: mov eax, 39; syscall; jmp -9 */
const CALLS_FOR_EVER = Uint8Array.of(0xb8, 39, 0, 0, 0, 0x0f, 0x05, 0xeb, 0xf7);

callbacks("a signal that a callback aborts ends the guest before its next switch", () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  let calls = 0;
  const trace = () => {
    calls++;
    if (calls === 3) controller.abort(reason);
  };
  const { signal } = controller;
  const error = raised(() => runGuest(platform, { code: CALLS_FOR_EVER }, { signal, trace }));
  assert.is(error, reason);
  assert.is(calls, 3);
  expectUsable();
});

callbacks("an aborted signal prevents the start, and one that is not aborted has no effect", () => {
  const onStart = () => assert.unreachable();
  const aborted = { signal: AbortSignal.abort(), onStart };
  const error = raised(() => runGuest(platform, { code: EXIT_7 }, aborted));
  assert.is(error instanceof Error && error.name, "AbortError");
  const { signal } = new AbortController();
  assert.is(runGuest(platform, { code: EXIT_7 }, { signal }).result.kind, "exited");
});
