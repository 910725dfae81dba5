import { fstatSync } from "node:fs";
import { StublabError } from "../../../src/index.ts";
import { detached } from "../../support/garbage.ts";
import { GETPID } from "../../support/guests.ts";

const args = suite("arguments of the wrong kind");

const tracer = new Tracer();
const stub = tracer.createStub();
const platform = Platform.open();
const [, SECOND = ""] = asm.ARGUMENTS;

args.after(() => {
  tracer.close();
  platform.close();
});

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
  const longest = new Uint8Array(8 * 4096);
  assert.match(
    thrown(InputError, () => tracer.createStub({ filter: longest })).message,
    /^filter: expected at most 40\d\d instructions: the tracer adds \d+$/,
  );
  assert.match(
    thrown(InputError, () => tracer.createStub({ filter: detached })).message,
    "transferred",
  );
  assert.equal(childrenOf(process.pid), before);
});

args("a ticket that was never issued does not affect any process", () => {
  const initial = new Uint8Array(tracer.host.frame.bytes.length);
  const forged = { tgid: process.ppid, tid: process.ppid, tracerTid: tracer.host.tid, initial };
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
