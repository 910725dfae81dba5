import { suite } from "uvu";
import * as assert from "uvu/assert";
import {
  examine,
  interruptGuest,
  loadEncoder,
  openEncoder,
  Platform,
  readProcess,
  runGuest,
  StublabError,
  Tracer,
} from "../../src/index.ts";
import { PAGE_SIZE } from "../../src/shim/page_size.ts";

// What a JavaScript program may pass to the core by mistake, and the message that it gets.

const misuses = suite("misuses of the core");

const tracer = new Tracer();
const stub = tracer.createStub();
const platform = Platform.open();
const space = platform.newAddressSpace();
const context = platform.newContext();

misuses.after(() => {
  tracer.close();
  platform.close();
});

/** Passes a value to a function whose type forbids it. */
function pass(use: (value: never) => unknown, value: unknown): unknown {
  return Reflect.apply(use, undefined, [value]);
}

const CASES: Readonly<Record<string, readonly [use: () => unknown, message: RegExp]>> = {
  "a call by a fraction": [
    () => stub.call(1.5),
    /^system call: expected an integer \(a BigInt if it is beyond 2\^53\), got 1\.5$/,
  ],
  "a call by nothing": [
    () => pass((call) => stub.inject(call), undefined),
    /^system call: expected a name or a number, got undefined$/,
  ],
  "a call by a misspelt name": [
    () => stub.call("getpidd"),
    /^unknown system call "getpidd"; did you mean getpid\?$/,
  ],
  "an argument that is undefined": [
    () => pass((it) => stub.call("close", it), undefined),
    /^argument 1: expected an integer from -2\^63 to 2\^64 - 1 \(a BigInt if it is beyond 2\^53\), got nothing$/,
  ],
  "seven arguments": [
    () => stub.call("getpid", 1, 2, 3, 4, 5, 6, 7),
    /^a system call takes at most 6 arguments, got 7$/,
  ],
  "a read of a terabyte": [
    () => stub.read(0x1000, 2 ** 40),
    /^this process cannot allocate 1099511627776 bytes$/,
  ],
  "a read outside user space": [
    () => stub.read(-1, 4),
    /^4 bytes at -1 are outside user space, which ends at 0x[0-9a-f]+$/,
  ],
  "a write of text": [
    () => pass((data) => stub.write(0x1000, data), "text"),
    /^data: expected a Uint8Array, got "text"$/,
  ],
  "a tracer with a misspelt option": [
    () => pass((options) => new Tracer(options), { deadlin: 5 }),
    /^options: unknown option "deadlin"; did you mean deadline\?$/,
  ],
  "a tracer with a deadline of 0": [
    () => new Tracer({ deadline: 0 }),
    /^invalid deadline 0: expected milliseconds from 0\.001 to 86400000$/,
  ],
  "a tracer with a number as its encoder": [
    () => pass((encoder) => new Tracer({ encoder }), 7),
    /^options\.encoder: expected the name of an encoder, or an encoder$/,
  ],
  "a stub with a misspelt option": [
    () => pass((options) => tracer.createStub(options), { exitSingal: "SIGCHLD" }),
    /^options: unknown option "exitSingal"; did you mean exitSignal\?$/,
  ],
  "a grandchild with a misspelt signal": [
    () => stub.createStub({ exitSignal: "SIGCHILD" }),
    /^unknown signal "SIGCHILD"; did you mean SIGCHLD\?$/,
  ],
  "a platform with a word for a truth": [
    () => pass((seccomp) => Platform.open({ seccomp }), "yes"),
    /^options\.seccomp: expected true or false, got "yes"$/,
  ],
  "a platform that patches the guests of a tracer": [
    () => Platform.open({ switches: "lazy", patches: true }),
    /^options: `patches` needs the switches "handler" or "spin"$/,
  ],
  "an encoder that is unknown": [
    () => openEncoder("asembly"),
    /^unknown encoder "asembly"; did you mean assembly\?$/,
  ],
  "a mapping of no bytes": [
    () => space.mapAnonymous(0x10000, 0, "rw"),
    /^length: expected at least 1 byte, got 0$/,
  ],
  "a mapping between pages": [
    () => space.mapAnonymous(0x10001, PAGE_SIZE, "rw"),
    /^0x10001 is not a multiple of the page size, \d+$/,
  ],
  "a protection that means nothing": [
    () => pass((protection) => space.mapAnonymous(0x10000, PAGE_SIZE, protection), "xr"),
    /^protection: expected letters of "rwx" in that order, got "xr"$/,
  ],
  "a switch with a misspelt option": [
    () => pass((options) => context.switch(space, options), { dealine: 5 }),
    /^options: unknown option "dealine"; did you mean deadline\?$/,
  ],
  "a result that is not an integer": [
    () => pass((value) => context.setResult(value), "0"),
    /^result: expected an integer from -2\^63 to 2\^64 - 1 \(a BigInt if it is beyond 2\^53\), got "0"$/,
  ],
  "a guest without a program": [
    () => pass((program) => runGuest(platform, program), {}),
    /^program/,
  ],
  "a switch into a stub": [
    () => pass((it) => context.switch(it), stub),
    /^subprocess: expected a Subprocess, got an object$/,
  ],
  "a mapping of a file with a misspelt option": [
    () => pass((it) => space.mapFile(0x10000, PAGE_SIZE, "r", it), { fd: 0, ofset: 1 }),
    /^mapping: unknown option "ofset"; did you mean offset\?$/,
  ],
  "a mapping of text": [
    () => pass((length) => stub.map(length), "4096"),
    /^length: expected a whole number from 1 to \d+, got "4096"$/,
  ],
  "a platform by its constructor": [
    () => Reflect.construct(Platform, []),
    /^use Platform\.open\(\)$/,
  ],
  "registers from nothing": [
    () => pass((block) => context.registers.copyFrom(block), undefined),
    /^block: expected a RegisterBlock, got undefined$/,
  ],
  "a word beyond a block": [
    () => context.registers.word(1e9),
    /^register: expected an index of the block, got 1000000000$/,
  ],
  "the registers of a released context": [
    () => {
      const released = platform.newContext();
      released.release();
      return released.registers;
    },
    /^this context was released$/,
  ],
  "a block outside the memory of the C encoder": [
    () => openEncoder("native", "amd64").encodeBootstrap(1e9, 1),
    /^216 bytes at 1000000000 are not in the encoder's memory, at a multiple of 8 below \d+$/,
  ],
  "a block outside the memory of the script": [
    () => openEncoder("script", "amd64").encodeBootstrap(-8, 1),
    /^216 bytes at -8 /,
  ],
  "a listener that is undefined": [
    () => pass((listener) => tracer.onDeath(listener), undefined),
    /^listener: expected a function, got undefined$/,
  ],
  "a listener that is text": [
    () => pass((listener) => tracer.onDeath(listener), "listener"),
    /^listener: expected a function, got "listener"$/,
  ],
  "a guest with a variable without a name": [
    () => runGuest(platform, { code: Uint8Array.of(0xf4) }, { env: { "A=B": "c" } }),
    /^env: expected the name of a variable, got "A=B"$/,
  ],
  "an examination of nothing": [() => pass(examine, {}), /^stub: expected a Stub, got an object$/],
  "a process that does not exist": [() => readProcess(2 ** 22 + 1), /the process has ended$/],
  "an interrupt without a handle": [
    () => pass((handle) => interruptGuest(handle), {}),
    /^handle: expected a Context\.interruptHandle$/,
  ],
};

for (const [name, [use, message]] of Object.entries(CASES)) {
  misuses(`${name} is a StublabError that says so`, () => {
    let error: unknown;
    try {
      use();
    } catch (thrown) {
      error = thrown;
    }
    assert.instance(error, StublabError);
    assert.match(String(error instanceof Error && error.message), message);
  });
}

misuses("an encoder file that does not exist is a StublabError that says so", async () => {
  let error: unknown;
  await loadEncoder("./missing.wasm").catch((thrown: unknown) => {
    error = thrown;
  });
  assert.instance(error, StublabError);
  assert.match(String(error), /missing\.wasm cannot be opened: ENOENT/);
});

misuses("a stub and a platform work after all of them", () => {
  assert.is(stub.call("getpid"), BigInt(stub.pid));
  space.mapAnonymous(0x10000, PAGE_SIZE, "rw");
  assert.is(tracer.stubs.size, 1);
});

misuses.run();
