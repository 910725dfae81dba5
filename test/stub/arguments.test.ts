import { fstatSync } from "node:fs";
import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  examine,
  InputError,
  interruptGuest,
  openEncoder,
  Platform,
  readProcess,
  registerLayout,
  runGuest,
  StublabError,
  Tracer,
} from "../../src/index.ts";
import { detached, expectTypedErrors } from "../support/garbage.ts";
import { FILE, GETPID, PAGE, temporaryFile } from "../support/guests.ts";
import { callNumber } from "../support/libc.ts";
import { ARGUMENTS, call, program, RESULT } from "../support/machine_code.ts";
import { childrenOf, isAlive } from "../support/processes.ts";
import { thrown } from "../support/thrown.ts";

const args = suite("arguments of the wrong kind");

const tracer = new Tracer();
const stub = tracer.createStub();
const platform = Platform.open();
const space = platform.newAddressSpace();
const context = platform.newContext();
const page = stub.map(PAGE);
const file = temporaryFile(new Uint8Array(PAGE));
const EXIT = { code: program(call(callNumber("exit"))) };
const [, SECOND = ""] = ARGUMENTS;

args.after(() => {
  tracer.close();
  platform.close();
});

/** Calls of the library with one argument of a wrong type; `never` is assignable to every parameter. */
const SYNCHRONOUS: Readonly<Record<string, (it: never) => unknown>> = {
  "new Tracer": (it) => new Tracer(it).close(),
  "Tracer deadline": (deadline) => new Tracer({ deadline }).close(),
  "Tracer encoder": (encoder) => new Tracer({ encoder }).close(),
  createStub: (it) => tracer.createStub(it).close(),
  "createStub exitSignal": (exitSignal) => tracer.createStub({ exitSignal }).close(),
  "createStub omit": (omit) => tracer.createStub({ omit }).close(),
  "createStub filter": (filter) => tracer.createStub({ filter }).close(),
  join: (it) => tracer.join(it).close(),
  "inject's call": (it) => stub.inject(it),
  "inject's argument": (it) => stub.inject("getpid", it),
  "observe's argument": (it) => stub.observe("getpid", 0, it),
  "call's call": (it) => stub.call(it),
  "a grandchild": (it) => stub.createStub(it).close(),
  "a grandchild's exitSignal": (exitSignal) => stub.createStub({ exitSignal }).close(),
  map: (it) => stub.map(it),
  "read's address": (it) => stub.read(it, 1),
  "read's length": (it) => stub.read(page, it),
  "write's address": (it) => stub.write(it, Uint8Array.of(1)),
  "write's bytes": (it) => stub.write(page, it),
  ticket: (it) => stub.ticket(it),
  "Platform.open": (it) => Platform.open(it).close(),
  "Platform deadline": (deadline) => Platform.open({ deadline }).close(),
  "Platform exitSignal": (exitSignal) => Platform.open({ exitSignal }).close(),
  "Platform.join": (it) => platform.join(it),
  "mapAnonymous' address": (it) => space.mapAnonymous(it, PAGE, "rw"),
  "mapAnonymous' length": (it) => space.mapAnonymous(0x20000, it, "rw"),
  "mapAnonymous' protection": (it) => space.mapAnonymous(0x20000, PAGE, it),
  "mapFile's mapping": (it) => space.mapFile(0x20000, PAGE, "r", it),
  "mapFile's fd": (fd) => space.mapFile(0x20000, PAGE, "r", { fd }),
  "mapFile's offset": (offset) => space.mapFile(0x20000, PAGE, "r", { fd: file, offset }),
  "protect's protection": (it) => space.protect(0x20000, PAGE, it),
  "unmap's length": (it) => space.unmap(0x20000, it),
  "switch's address space": (it) => context.switch(it),
  "switch's options": (it) => context.switch(space, it),
  "switch's deadline": (deadline) => context.switch(space, { deadline }),
  setResult: (it) => context.setResult(it),
  "a register's name": (it) => context.registers.set(it, 0n),
  "a register's word": (it) => context.registers.set(RESULT, it),
  interruptGuest: (it) => interruptGuest(it),
  "runGuest's platform": (it) => runGuest(it, EXIT),
  "runGuest's program": (it) => runGuest(platform, it),
  "runGuest's code": (code) => runGuest(platform, { code }),
  "runGuest's address": (address) => runGuest(platform, { ...EXIT, address }),
  "runGuest's elf": (elf) => runGuest(platform, { elf }),
  "runGuest's options": (it) => runGuest(platform, EXIT, it),
  "runGuest's args": (it) => runGuest(platform, EXIT, { args: it }),
  "runGuest's env": (env) => runGuest(platform, EXIT, { env }),
  "runGuest's deadline": (deadline) => runGuest(platform, EXIT, { deadline }),
  "runGuest's memory": (memory) => runGuest(platform, EXIT, { memory }),
  "runGuest's output": (output) => runGuest(platform, EXIT, { output }),
  "runGuest's onFault": (onFault) => runGuest(platform, EXIT, { onFault }),
  "runGuest's onSyscall": (onSyscall) => runGuest(platform, EXIT, { onSyscall }),
  "runGuest's signal": (signal) => runGuest(platform, EXIT, { signal }),
  openEncoder: (it) => openEncoder(it),
  "openEncoder's architecture": (it) => openEncoder("script", it),
  readProcess: (it) => readProcess(it),
  registerLayout: (it) => registerLayout(it),
  examine: (it) => examine(it),
};

function expectUnharmed(): void {
  assert.is(stub.call("getpid"), BigInt(stub.pid));
  space.mapAnonymous(FILE, PAGE, "rw");
  for (const fd of [0, 1, 2]) fstatSync(fd);
}

for (const [name, use] of Object.entries(SYNCHRONOUS)) {
  args(`${name}: a typed error, or a result`, () => {
    expectTypedErrors(name, use);
    expectUnharmed();
  });
}

args("only the named call runs", () => {
  for (const call of [2n ** 32n, 2n ** 64n, 2n ** 70n, -(2n ** 31n) - 1n, 2 ** 53]) {
    thrown(InputError, () => stub.inject(call));
  }
  thrown(InputError, () => stub.inject("4294967296"));
  assert.is(stub.inject(GETPID).value, BigInt(stub.pid));
  assert.is(stub.inject(-1).errno, "ENOSYS");
});

args("an argument is a word, possibly negative; larger numbers are refused", () => {
  const second = (word: number | bigint) => stub.observe("getpid", 0, word).before[SECOND];
  for (const [argument, word] of [
    [2n ** 64n - 1n, 2n ** 64n - 1n],
    [-(2n ** 63n), 2n ** 63n],
    [-1, 2n ** 64n - 1n],
    [-4096n, 2n ** 64n - 4096n],
  ] as const) {
    assert.is(second(argument), word);
  }
  for (const argument of [2n ** 64n, -(2n ** 63n) - 1n, 2 ** 53, 0.5]) {
    const { message } = thrown(InputError, () => second(argument));
    assert.match(
      message,
      /^argument 2: expected an integer from -2\^63 to 2\^64 - 1 \(a BigInt if it is beyond 2\^53\), got /,
    );
  }
});

args("an argument that is undefined closes no descriptor of the host", () => {
  thrown(InputError, () => Reflect.apply(stub.inject, stub, ["close", undefined]));
  fstatSync(0);
});

args("an invalid filter is refused before anything is forked", () => {
  const before = childrenOf(process.pid);
  for (const filter of [0, 3, 12, 8 * 4097].map((length) => new Uint8Array(length))) {
    const { message } = thrown(InputError, () => tracer.createStub({ filter }));
    assert.match(message, "filter: expected 1 to 4096 instructions of 8 bytes");
  }
  assert.match(
    thrown(InputError, () => tracer.createStub({ filter: detached })).message,
    "transferred",
  );
  assert.equal(childrenOf(process.pid), before);
});

args("a ticket that was never issued does not affect any process", () => {
  const initial = new Uint8Array(tracer.frame.bytes.length);
  const forged = { tgid: process.ppid, tid: process.ppid, tracerTid: tracer.tid, initial };
  thrown(InputError, () => tracer.join(forged));
  thrown(InputError, () => tracer.join({ ...forged, tgid: stub.pid, tid: stub.pid }));
  assert.ok(isAlive(process.ppid));
  assert.is(readProcess(process.ppid).tracerTid, 0);
});

args("examining a process that does not exist throws a StateError", () => {
  const { errno } = thrown(StublabError, () => readProcess(2 ** 31 - 1));
  assert.is(errno, "ENOENT");
});

args("no process is left", () => {
  tracer.close();
  platform.close();
  assert.equal(childrenOf(process.pid), []);
});

args.run();
