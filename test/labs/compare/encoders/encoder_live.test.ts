import { PAGE_SIZE as PAGE } from "../../../../src/core/shim/auxiliary_vector.ts";
import { inject } from "../../../../src/core/stub/injection.ts";

/** Six distinctive words, with the sign bit set in some. */
const SIX = [
  0xffff_1111_0000_0001n,
  0x2222_0000_0000_0002n,
  0x8000_0000_0000_0003n,
  0x4444_0000_ffff_0004n,
  0x5555_0000_0000_0005n,
  0xffff_ffff_ffff_fff6n,
];
/** A ppoll that waits for ever looks only at the first four. */
const WAITS = [0n, 0n, 0n, 0n, ...SIX.slice(4)];

const live = suite("encoder, live");

for (const encoder of ENCODERS) {
  const test = (fact: string, body: (tracer: Tracer) => void) =>
    live(`${encoder}: ${fact}`, () => {
      using tracer = new Tracer({ encoder: openEncoder(encoder), deadline: 2000 });
      body(tracer);
    });

  test("three generations of stubs report their parents", (tracer) => {
    const master = tracer.createStub();
    const child = master.createStub();
    const grandchild = child.createStub();
    assert.is(master.call("getppid"), BigInt(process.pid));
    assert.is(child.call("getppid"), BigInt(master.pid));
    assert.is(grandchild.call("getppid"), BigInt(child.pid));
    for (const stub of [master, child, grandchild]) {
      assert.is(stub.call("getpid"), BigInt(stub.pid));
      assert.is(stub.registers()[HOST_MACHINE.parent], BigInt(stub.parent?.pid ?? process.pid));
    }
  });

  test("a scrubbed stub keeps one page, and executes calls", (tracer) => {
    const master = tracer.createStub();
    master.scrub();
    const child = master.createStub();
    for (const stub of [master, child]) {
      const { mappings, residentBytes } = readProcess(stub.pid);
      assert.equal(
        mappings.map(({ start, end, protection }) => [start, end, protection]),
        [[tracer.host.stubAddress, tracer.host.stubAddress + PAGE, "r-xp"]],
      );
      assert.is(residentBytes, PAGE);
      assert.is(stub.call("getpid"), BigInt(stub.pid));
    }
  });

  test("mmap has six arguments, and each shows in the memory map", (tracer) => {
    const stub = tracer.createStub();
    stub.scrub();
    const file = openSync(process.execPath, "r");
    const flags = tracer.host.flag("MAP_PRIVATE") | tracer.host.flag("MAP_FIXED");
    const mapped = stub.call("mmap", 0x10_0000_0000, 2 * PAGE, 1, flags, file, 3 * PAGE);
    closeSync(file);
    assert.is(mapped, 0x10_0000_0000n);
    const line = readFileSync(`/proc/${stub.pid}/maps`, "utf8").split("\n")[0] ?? "";
    const [end, offset] = [0x10_0000_0000 + 2 * PAGE, 3 * PAGE].map((it) => it.toString(16));
    assert.ok(line.startsWith(`1000000000-${end} r--p ${offset?.padStart(8, "0")} `), line);
    assert.ok(line.endsWith(process.execPath), line);
  });

  test("an errno is a result", (tracer) => {
    const stub = tracer.createStub();
    assert.equal(stub.inject("close", -1), { value: null, errno: "EBADF", lane: "faithful" });
    assert.equal(stub.inject(9999), { value: null, errno: "ENOSYS", lane: "faithful" });
  });

  test("a value may have the sign bit set", (tracer) => {
    const stub = tracer.createStub();
    // lseek returns the offset; /proc/self/mem accepts offsets beyond 2^63.
    const memory = openSync(`/proc/${stub.pid}/mem`, "r");
    const result = stub.inject("lseek", memory, 0xffff_ffff_8000_0000n, 0);
    closeSync(memory);
    assert.equal(result, { value: 0xffff_ffff_8000_0000n, errno: null, lane: "faithful" });
  });

  test("a call leaves its six arguments in their registers", (tracer) => {
    const { before, after, result } = tracer.createStub().observe("getppid", ...SIX);
    assert.is(result.value, BigInt(process.pid));
    for (const [i, name] of asm.ARGUMENTS.entries()) {
      assert.is(before[name], SIX[i], `${name} before`);
      if (name !== asm.RESULT) assert.is(after[name], SIX[i], `${name} after`);
    }
  });

  live(`${encoder}: a blocking call shows its six arguments, and the stub survives`, () => {
    using tracer = new Tracer({ encoder: openEncoder(encoder), deadline: 300 });
    const stub = tracer.createStub();
    const { registers } = thrown(DeadlineError, () => stub.inject("ppoll", ...WAITS));
    lists(asm.ARGUMENTS, WAITS, (name) => registers?.[name]);
    // Else the call was ended so that it is not restarted in place of the next one.
    if (!HOST_MACHINE.restartsBeforeStops) {
      const [number, ...args] = readFileSync(`/proc/${stub.pid}/syscall`, "utf8").split(" ");
      assert.is(number, `${callNumber("ppoll")}`);
      assert.equal(args.slice(0, 6), WAITS.map(hex));
    }
    assert.is(stub.call("getpid"), BigInt(stub.pid));
  });
}

const kernel = suite("encoder and kernel");

const encoders = ENCODERS.map((name) => openEncoder(name));
const constants = openEncoder("native").constants;

// clone has 32 bits of flags; the others are for clone3.
const FLAGS = [...constants].filter(
  ([name, flag]) => name.startsWith("CLONE_") && flag < 2n ** 32n,
);
/** Every flag alone, and every pair of them. */
const SETS = FLAGS.flatMap(([name, flag], i) =>
  FLAGS.slice(i).map(([otherName, other]) => ({
    name: flag === other ? name : `${name}|${otherName}`,
    flags: flag | other,
  })),
);

/** Ends a clone of `stub`, whatever its parent and tracer, and reaps it. */
function end({ tracer, thread }: Stub, pid: number): void {
  const { shim, status } = tracer;
  const all = tracer.flag("__WALL");
  shim.tgkill(pid, pid, 9);
  while (shim.wait(pid, Number(all), 1_000_000, status) === pid) {
    shim.ptrace(tracer.constant("PTRACE_CONT"), pid, 0, 0);
  }
  inject(thread, tracer.flag("SYS_wait4"), [pid, 0, all, 0]);
}

/** The kernel's result for a clone with this word: an errno by name, or "". */
function kernelClone(stub: Stub, word: bigint, page: bigint): string {
  const { tracer, thread } = stub;
  const {
    result: { value, errno },
  } = inject(thread, tracer.flag("SYS_clone"), [word, 0, page, page + 8n, 0], {
    // No process has this pid, so the child assumes that it is an orphan, and exits.
    setUp: (frame) => tracer.encoder.encodeBootstrap(frame.offset, 2 ** 31 - 1),
  });
  if (value === null) return errno ?? "";
  const descriptor = new DataView(stub.read(page, 4).buffer).getInt32(0, true);
  if ((word & tracer.flag("CLONE_PIDFD")) !== 0n) stub.call("close", descriptor);
  end(stub, Number(value));
  return "";
}

/** A vforking parent waits for its child, which would wait for the tracer. */
const NEVER = (constants.get("CLONE_VFORK") ?? 0n) | (constants.get("CLONE_PTRACE") ?? 0n);

/** Namespaces that this kernel or this user does not have, and the errno that says so. */
function missing(answers: ReadonlyMap<bigint, string>): Map<bigint, string> {
  const names = FLAGS.filter(([name]) => name.startsWith("CLONE_NEW"));
  const errnos = names.map(([, flag]): [bigint, string] => [flag, answers.get(flag) ?? ""]);
  return new Map(errnos.filter(([, errno]) => errno !== ""));
}

kernel("clone refuses with EINVAL exactly what encodeClone refuses", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const page = stub.map(PAGE);
  const sets = SETS.filter(({ flags }) => flags !== NEVER);
  const answers = new Map(sets.map(({ flags }) => [flags, kernelClone(stub, flags | 17n, page)]));
  const excuses = missing(answers);
  let refusals = 0;
  for (const { name, flags } of sets) {
    const answer = answers.get(flags) ?? "";
    if ([...excuses].some(([flag, errno]) => (flags & flag) !== 0n && errno === answer)) continue;
    for (const encoder of encoders) {
      const refused = encoder.encodeClone(flags, 17) < 0n;
      assert.is(answer, refused ? "EINVAL" : "", `${encoder.name}: ${name}`);
    }
    if (answer !== "") refusals++;
  }
  console.log(`${sets.length} sets of clone flags, ${refusals} of them refused`);
  assert.ok(refusals >= 8);
});

kernel("clone accepts invalid exit signals, and so does encodeClone", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  const page = stub.map(PAGE);
  for (const exitSignal of [0, 65, 127, 255]) {
    for (const encoder of encoders) {
      const word = encoder.encodeClone(tracer.host.flag("CLONE_FILES"), exitSignal);
      assert.is(word, 0x400n + BigInt(exitSignal), encoder.name);
      assert.is(kernelClone(stub, word, page), "", `${exitSignal}`);
    }
  }
});

kernel("wait4 refuses with EINVAL exactly the options that encodeWaitOptions refuses", () => {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  for (let bit = 0n; bit < 32n; bit++) {
    const options = 1n << bit;
    const { errno } = stub.inject("wait4", -1, 0, options, 0);
    for (const encoder of encoders) {
      const refused = encoder.encodeWaitOptions(options) < 0n;
      assert.is(errno, refused ? "EINVAL" : "ECHILD", `${encoder.name}: ${hex(options)}`);
    }
  }
});
