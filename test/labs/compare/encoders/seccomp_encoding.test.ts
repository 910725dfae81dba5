// The seccomp filter of the stubs: what it decides, by a table and by the kernel. That the encoders' filters decide alike
// in every call, `compare` shows.

import { ARCHES } from "../../../../src/core/machine/index.ts";
import { FILTER_INSTRUCTION } from "../../../../src/core/stub/filter.ts";
import type { PartialEncoder } from "../../../../src/index.ts";
import { Filter } from "../../../../src/labs/compare/interpreter.ts";
import { type Call, FORBIDDEN } from "../../../support/filtered_calls.ts";

const AUDIT = { amd64: 0xc000_003e, arm64: 0xc000_00b7 } as const;
const PLACE = 0x7fff_ffff_e046n;
const VSYSCALL = 0xffff_ffff_ff60_0400n;
/** CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_PTRACE | CLONE_THREAD */
const THREAD = 0x1_2f00n;
const [ALLOW, TRAP, KILL] = [0x7fff_0000, 0x0003_0000, 0x8000_0000];
const FREE = "mmap mprotect munmap getpid exit wait4 getppid restart_syscall".split(" ");

/** Calls with their arguments, for an exit signal of 17. */
const DECISIONS: readonly (readonly [number, string | number, ...bigint[]])[] = [
  ...FREE.map((name) => [ALLOW, name] as const),
  ...[[ALLOW, "clone", 0x411n] as const, [ALLOW, "clone", THREAD] as const],
  ...[[ALLOW, "kill", 1n, 19n] as const, [ALLOW, "prctl", 1n, 9n] as const],
  [ALLOW, "execveat", 0n, 0n, 0n, 0n, 0x1000n],
  [KILL, -1],
  ...FORBIDDEN.map((call) => [KILL, ...call] as const),
];

/** The filter for an exit signal. */
function programOf(encoder: PartialEncoder, exitSignal: number): Uint8Array {
  const at = Math.ceil(encoder.heap / 8) * 8;
  const count = encoder.encodeSeccomp?.(at, exitSignal) ?? 0;
  return new Uint8Array(encoder.buffer, at, count * FILTER_INSTRUCTION).slice();
}

const meaning = suite("seccomp encoding: decisions");

/** What a filter decides of a call: its number, AUDIT_ARCH_*, where it comes from, its arguments. */
function decide(
  filter: Filter,
  nr: number,
  arch: number,
  place: bigint,
  args: readonly bigint[],
): number {
  const data = new DataView(new ArrayBuffer(64));
  data.setInt32(0, nr, true);
  data.setUint32(4, arch, true);
  data.setBigUint64(8, place, true);
  for (const [i, word] of args.entries()) data.setBigUint64(16 + 8 * i, word, true);
  return filter.run(data);
}

for (const arch of ARCHES) {
  for (const name of ENCODERS) {
    meaning(`${name} on ${arch}`, () => {
      const encoder = openEncoder(name, arch);
      const filter = new Filter(programOf(encoder, 17));
      for (const [expected, call, ...args] of DECISIONS) {
        const nr = Number(typeof call === "number" ? call : encoder.constants.get(`SYS_${call}`));
        if (Number.isNaN(nr)) continue;
        const told = `${call}(${args.join(", ")})`;
        assert.is(decide(filter, nr, AUDIT[arch], PLACE, args), expected, told);
        for (const other of [0, 0x4000_0003, AUDIT[arch] ^ 0xfd, AUDIT[arch] - 0x8000_0000])
          assert.is(decide(filter, nr, other, VSYSCALL, args), KILL, `${told} of another machine`);
        const far = arch === "amd64" ? TRAP : expected;
        assert.is(decide(filter, nr, AUDIT[arch], VSYSCALL, args), far, `${told} at a vsyscall`);
      }
    });
  }
}

const live = suite("seccomp encoding: kernel");

const PAGE = 4096;
/** No process has this pid. */
const NOBODY = 2 ** 31 - 1;

/** A new stub with the filter of an encoder, and the page from which the filter was read. */
function filteredStub(tracer: Tracer, encoder: Encoder): { stub: Stub; page: bigint } {
  const stub = tracer.createStub();
  const page = stub.map(PAGE);
  const program = programOf(encoder, tracer.host.constant("SIGCHLD"));
  // struct sock_fprog: the length, and at 8 the address.
  const head = new DataView(new ArrayBuffer(16));
  head.setUint16(0, program.length / FILTER_INSTRUCTION, true);
  head.setBigUint64(8, page + 16n, true);
  stub.write(page, new Uint8Array(head.buffer));
  stub.write(page + 16n, program);
  stub.call("prctl", tracer.host.flag("PR_SET_NO_NEW_PRIVS"), 1, 0, 0, 0);
  stub.call("seccomp", tracer.host.flag("SECCOMP_SET_MODE_FILTER"), 0, page);
  return { stub, page };
}

for (const encoder of ENCODERS.map((name) => openEncoder(name))) {
  live(`${encoder.name}: the filter allows what a stub needs`, () => {
    using tracer = new Tracer({ deadline: 2000 });
    const { stub, page } = filteredStub(tracer, encoder);
    assert.is(stub.call("getpid"), BigInt(stub.pid));
    assert.is(stub.call("getppid"), BigInt(process.pid));
    const other = stub.map(PAGE);
    stub.call("mprotect", other, PAGE, 1);
    stub.call("munmap", other, PAGE);
    stub.call("prctl", 1, 9);
    assert.is(stub.inject("wait4", -1, 0, 1, 0).errno, "ECHILD");
    assert.is(stub.inject("kill", NOBODY, 19).errno, "ESRCH");
    assert.is(stub.inject("restart_syscall").errno, "EINTR");
    assert.is(stub.inject("execveat", -1, page + BigInt(PAGE - 1), 0, 0, 0x1000).errno, "EBADF");
  });

  live(`${encoder.name}: the children of a filtered stub have its filter`, () => {
    using tracer = new Tracer({ deadline: 2000 });
    const child = filteredStub(tracer, encoder).stub.createStub();
    assert.is(child.call("getpid"), BigInt(child.pid));
    expectDeath(child, ["gettid"]);
  });

  live(`${encoder.name}: every other call ends a stub with SIGSYS`, () => {
    using tracer = new Tracer({ deadline: 2000 });
    for (const call of FORBIDDEN) expectDeath(filteredStub(tracer, encoder).stub, call);
  });
}

function expectDeath(stub: Stub, [call, ...args]: Call): void {
  try {
    const { value, errno } = stub.inject(call, ...args);
    assert.unreachable(`${call}(${args.join(", ")}) answers ${value ?? errno}`);
  } catch (error) {
    if (!(error instanceof DeathError)) throw error;
    assert.match(error.how, /SIGSYS/, `${call}(${args.join(", ")})`);
  }
}
