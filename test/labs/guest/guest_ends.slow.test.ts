import type { GuestEnd } from "../../../src/index.ts";
import { exampleGuest } from "../../support/programs.ts";

const guests = suite("guest: how it ends");
const withCompiler = needs(guests, "cc");

let platform: Platform;
guests.before(() => {
  platform = openPlatform();
});
guests.after(() => platform.close());

/** How a program with this body ends. */
const died = (body: string): GuestEnd => runGuest(platform, { elf: assemble(body) }).result;

/** Bodies of programs, which ld puts at 0x401000, and the signal that kills them, at an address. */
interface Death {
  readonly what: string;
  readonly body: string;
  readonly signal?: string;
  readonly address?: string;
}

for (const { what, body, signal = "SIGSEGV", address } of jsonLines<Death>("labs/guest/deaths")) {
  withCompiler(`dies of ${what}, and the host survives`, () => {
    const result = died(body);
    const at = address === undefined ? {} : { address: BigInt(address) };
    assert.equal({ ...result, signal, ...at }, result);
    assert.is(result.kind, "signaled");
  });
}

/** Set without the kernel, which would refuse them. */
const withBases = needs(guests, "cc", { fsgsbase: hasFeature("fsgsbase") });
for (const register of ["fs", "gs"]) {
  withBases(`dies of an ${register} base in the kernel's half, and the host survives`, () => {
    const result = died(`movq $-4096, %rax\nwr${register}base %rax\n${call("getpid")}`);
    assert.is(result.kind === "signaled" && result.signal, "SIGSEGV");
  });
}

withCompiler("reports the instruction at which it died", () => {
  const result = died("nop\nnop\nud2");
  assert.equal(result, {
    kind: "signaled",
    signal: "SIGILL",
    address: 0x401002n,
    instruction: 0x401002n,
  });
});

withCompiler("dies of the trap if it single-steps itself", () => {
  const result = died("pushfq\norl $0x100, (%rsp)\npopfq\nnop\nnop");
  assert.is(result.kind === "signaled" && result.signal, "SIGTRAP");
});

// Ends caused from outside.

withCompiler("is interrupted at its deadline, in a loop and among system calls", () => {
  const elf = exampleGuest("loop.S");
  const looping = `1: movl $39, %eax\nsyscall\njmp 1b`;
  for (const program of [elf, assemble(looping)]) {
    const started = performance.now();
    const { result } = runGuest(platform, { elf: program }, { deadline: 100 });
    assert.equal(result, { kind: "interrupted", reason: "deadline" });
    const took = performance.now() - started;
    assert.ok(took >= 100, `${took} ms`);
  }
});

guests("is interrupted on request", () => {
  const { result, switches } = runGuest(
    platform,
    { code: program(asm.SPIN) },
    { onStart: ({ context }) => context.interrupt() },
  );
  assert.equal(result, { kind: "interrupted", reason: "request" });
  assert.is(switches, 1);
});

guests("dies of a signal from this process", () => {
  const onStart: GuestOptions["onStart"] = ({ space }) => process.kill(space.pid, "SIGTERM");
  const { result } = runGuest(platform, { code: program(asm.SPIN) }, { onStart });
  assert.is(result.kind === "signaled" && result.signal, "SIGTERM");
});

guests("throws if its process is killed, and the platform keeps working", () => {
  const onStart: GuestOptions["onStart"] = ({ space }) => process.kill(space.pid, "SIGKILL");
  thrown(DeathError, () => runGuest(platform, { code: program(asm.SPIN) }, { onStart }));
  assert.equal(runGuest(platform, { code: EXIT_7 }).result, { kind: "exited", status: 7 });
});
