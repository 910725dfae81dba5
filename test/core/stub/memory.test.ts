import { topOfUserSpace } from "../../../src/core/stub/user_space.ts";
import { StublabError } from "../../../src/index.ts";
import { forbidCalls } from "../../support/libc.ts";

const SEED = 0x5eed_0007n;
const PAGE = PAGE_SIZE;
const TOP = BigInt(topOfUserSpace());

const random = randomWords(SEED);

function randomBytes(length: number): Uint8Array {
  return new Uint8Array(
    BigUint64Array.from({ length: Math.ceil(length / 8) }, random).buffer,
    0,
    length,
  );
}

/** The error of a transfer that must fail. */
const failure = (body: () => unknown): MemoryError => thrown(MemoryError, body);

/** A scrubbed stub, with this many pages mapped. */
function withPages(pages: number, body: (stub: Stub, address: bigint) => void): void {
  using tracer = new Tracer();
  const stub = tracer.createStub();
  stub.scrub();
  body(stub, stub.map(pages * PAGE));
}

/** Defines the tests in a suite: they hold for every way of transfer. */
function facts(memory: ReturnType<typeof suite>): void {
  memory("written bytes are read back", () =>
    withPages(1, (stub, address) => {
      const bytes = randomBytes(100);
      stub.write(address + 5n, bytes);
      assert.equal(stub.read(address + 5n, 100), bytes);
      assert.equal([...stub.read(address, 5)], [0, 0, 0, 0, 0]);
      assert.equal([...stub.read(address + 105n, 2)], [0, 0]);
    }),
  );

  memory("an address is a BigInt or a number", () =>
    withPages(1, (stub, address) => {
      stub.write(Number(address) + 1, Uint8Array.of(1, 2, 3));
      assert.equal([...stub.read(address, 5)], [0, 1, 2, 3, 0]);
      assert.equal([...stub.read(Number(address), 2)], [0, 1]);
    }),
  );

  memory("a part of an array can be written", () =>
    withPages(1, (stub, address) => {
      const bytes = randomBytes(64);
      stub.write(address, bytes.subarray(10, 20));
      assert.equal(stub.read(address, 10), bytes.slice(10, 20));
      assert.equal([...stub.read(address + 10n, 1)], [0]);
    }),
  );

  memory("a transfer may cross pages, up to the last byte of a mapping", () =>
    withPages(3, (stub, address) => {
      const bytes = randomBytes(2 * PAGE);
      const at = address + BigInt(PAGE);
      stub.write(at, bytes);
      assert.equal(stub.read(at, 2 * PAGE), bytes);
      assert.equal(stub.read(at + BigInt(PAGE - 3), 6), bytes.slice(PAGE - 3, PAGE + 3));
    }),
  );

  memory("4 MB are moved", () =>
    withPages(1024, (stub, address) => {
      const bytes = randomBytes(1024 * PAGE);
      stub.write(address, bytes);
      assert.ok(Buffer.from(stub.read(address, bytes.length)).equals(bytes));
    }),
  );

  memory("the error names the first unmapped byte; the bytes before it are written", () =>
    withPages(2, (stub, address) => {
      const hole = address + BigInt(PAGE);
      stub.call("munmap", hole, PAGE);
      const bytes = randomBytes(2 * PAGE);
      const reading = failure(() => stub.read(address, 2 * PAGE));
      assert.match(
        reading.message,
        new RegExp(`^memory of stub ${stub.pid} cannot be read at ${hex(hole)}`),
      );
      const writing = failure(() => stub.write(address, bytes));
      assert.match(
        writing.message,
        new RegExp(`^memory of stub ${stub.pid} cannot be written at ${hex(hole)}`),
      );
      assert.equal(stub.read(address, PAGE), bytes.slice(0, PAGE));
    }),
  );

  memory("unmapped memory is neither read nor written", () =>
    withPages(1, (stub) => {
      for (const address of [0n, 0x1000n, 0x7000_0000_0000n]) {
        assert.ok(failure(() => stub.read(address, 1)).message.includes(hex(address)));
        assert.ok(
          failure(() => stub.write(address, Uint8Array.of(1))).message.includes(hex(address)),
        );
      }
    }),
  );

  memory("0 bytes can be read and written anywhere in user space", () =>
    withPages(1, (stub, address) => {
      for (const at of [0n, address, TOP]) {
        assert.is(stub.read(at, 0).length, 0);
        stub.write(at, new Uint8Array(0));
      }
    }),
  );

  memory("a range that leaves user space is refused", () =>
    withPages(1, (stub) => {
      const message = new RegExp(
        `^\\d+ bytes at (-1|0x[0-9a-f]+) are outside user space, which ends at ${hex(TOP)}$`,
      );
      for (const [address, length] of [
        [TOP, 1],
        [TOP - 1n, 2],
        [0xffff_ffff_ff60_0000n, 1],
        [2n ** 64n - 1n, 1],
        [-1n, 1],
        [-1, 1],
      ] as const) {
        assert.match(failure(() => stub.read(address, length)).message, message);
        assert.match(failure(() => stub.write(address, new Uint8Array(length))).message, message);
      }
    }),
  );

  memory("an invalid address or length is refused", () =>
    withPages(1, (stub, address) => {
      for (const use of [
        () => stub.read(1.5, 1),
        () => stub.read(Number.NaN, 1),
        () => stub.write(1.5, Uint8Array.of(1)),
        () => stub.read(address, -1),
        () => stub.read(address, 1.5),
        () => stub.read(address, 2 ** 47),
      ]) {
        assert.throws(use, (error: unknown) => error instanceof StublabError, String(use));
      }
    }),
  );

  memory("the stub code can be read, but not overwritten", () =>
    withPages(1, (stub) => {
      const { stubAddress } = stub.tracer;
      const code = stub.read(stubAddress, PAGE);
      assert.ok(code.some((byte) => byte !== 0));
      for (const [address, length] of [
        [stubAddress, 1],
        [stubAddress + PAGE - 1, 1],
        [stubAddress - 1, 2],
        [stubAddress - PAGE, 2 * PAGE],
      ] as const) {
        const { message } = failure(() => stub.write(address, new Uint8Array(length)));
        assert.match(message, /^\d+ bytes at 0x[0-9a-f]+ overlap the stub code at 0x[0-9a-f]+$/);
      }
      assert.equal(stub.read(stubAddress, PAGE), code);
      assert.is(stub.call("getppid"), BigInt(process.pid));
    }),
  );

  memory("an error has the errno of the call", () =>
    withPages(1, (stub) => {
      const { errno, code } = failure(() => stub.read(0x1000, 1));
      assert.is(code, "ERR_STUBLAB_MEMORY");
      assert.match(errno ?? "", /^(EFAULT|EIO)$/);
    }),
  );

  memory("the memory of a closed or detached stub cannot be accessed", () => {
    using tracer = new Tracer();
    const stub = tracer.createStub();
    const address = stub.map(PAGE);
    stub.detach();
    thrown(StateError, () => stub.read(address, 1));
    stub.attach();
    stub.read(address, 1);
    stub.close();
    for (const use of [() => stub.read(address, 1), () => stub.write(address, Uint8Array.of(1))]) {
      assert.match(thrown(StateError, use).message, /has been closed/);
    }
  });
}

const TRANSFERS = ["process_vm_readv", "process_vm_writev"].map(callNumber);

/** Writes 1 to a page, makes it read-only, and writes 2. */
function writeReadOnly(stub: Stub, address: bigint): void {
  stub.write(address, Uint8Array.of(1));
  stub.call("mprotect", address, PAGE, stub.tracer.flag("PROT_READ"));
  stub.write(address, Uint8Array.of(2));
}

const direct = suite("memory: by process_vm_readv");
facts(direct);
direct("a page without write permission is not written", () =>
  withPages(1, (stub, address) => {
    const { message, errno } = failure(() => writeReadOnly(stub, address));
    assert.ok(message.endsWith(`cannot be written at ${hex(address)}: EFAULT`), message);
    assert.is(errno, "EFAULT");
    assert.equal([...stub.read(address, 1)], [1]);
  }),
);
direct.run();

// A filter cannot be removed, so these come last. Of two filters, the later one determines the errno.
for (const [name, errno] of [
  ["EPERM", 1],
  ["ENOSYS", 38],
] as const) {
  const fallback = suite(`memory: by /proc/PID/mem, if process_vm_readv fails with ${name}`);
  fallback.before(() => forbidCalls(TRANSFERS, errno));
  fallback("process_vm_readv is forbidden", () =>
    withPages(1, (stub, address) => {
      assert.is(stub.tracer.shim.readMemory(stub.pid, address, new Uint8Array(1), 1), -errno);
      assert.is(stub.tracer.shim.writeMemory(stub.pid, address, new Uint8Array(1), 1), -errno);
    }),
  );
  facts(fallback);
  fallback("a page without write permission is still written, as a tracer may", () =>
    withPages(1, (stub, address) => {
      writeReadOnly(stub, address);
      assert.equal([...stub.read(address, 1)], [2]);
    }),
  );
  fallback.run();
}
