import { BlockAllocator, type RegisterBlock } from "../../../src/core/encoder/block.ts";
import { registerLayout } from "../../../src/index.ts";

const SIZE = 216;

for (const name of ENCODERS) {
  const blocks = suite(`blocks: ${name}`);

  blocks("the layout lists the registers in memory order", () => {
    const layout = registerLayout(openEncoder(name, "amd64"));
    assert.is(layout.length, 27);
    assert.equal(layout[0], { name: "r15", offset: 0 });
    assert.equal(layout[10], { name: "rax", offset: 80 });
    assert.equal(layout[26], { name: "gs", offset: 208 });
  });

  blocks("a register is a word at its offset, taken modulo 2^64", () => {
    const block = new BlockAllocator(openEncoder(name, "amd64")).allocate();
    block.set("rax", -22n);
    assert.is(block.get("rax"), 2n ** 64n - 22n);
    assert.equal([...block.bytes.subarray(80, 88)], [0xea, ...Array(7).fill(0xff)]);
    block.bytes[128] = 0x44;
    assert.is(block.get("rip"), 0x44n);
  });

  blocks("an encoder and a block see the same bytes", () => {
    const encoder = openEncoder(name, "amd64");
    const allocator = new BlockAllocator(encoder);
    const initial = allocator.allocate();
    const block = allocator.allocate();
    initial.set("gs", 0x6767n);
    encoder.encodeSyscall(block.offset, initial.offset, 39n, 1n, 2n, 3n, 4n, 5n, 6n);
    assert.is(block.get("rax"), 39n);
    assert.is(block.get("r9"), 6n);
    assert.is(block.get("gs"), 0x6767n);
    assert.is(block.bytes.buffer, encoder.buffer);
  });

  blocks("a block that was released refuses every use, and another one takes its place", () => {
    const allocator = new BlockAllocator(openEncoder(name, "amd64"));
    const [block, other] = [allocator.allocate(), allocator.allocate()];
    allocator.release(block);
    const next = allocator.allocate();
    assert.is(next.offset, block.offset);
    const uses = [
      () => block.set("rax", 1),
      () => block.get("rax"),
      () => block.bytes,
      () => block.copyFrom(other),
    ];
    for (const use of uses) thrown(StateError, use);
    assert.is(next.get("rax"), 0n);
  });

  blocks("a copy from the memory of another encoder is refused", () => {
    const block = new BlockAllocator(openEncoder(name, "amd64")).allocate();
    const other = new BlockAllocator(openEncoder(name, "amd64")).allocate();
    assert.throws(() => block.copyFrom(other), /memory of the same encoder/);
  });

  blocks("a dump is a copy of all registers, in the layout's order", () => {
    const encoder = openEncoder(name, "amd64");
    const block = new BlockAllocator(encoder).allocate();
    const layout = registerLayout(encoder);
    for (const [i, register] of layout.entries()) block.set(register.name, BigInt(i));
    const dump = block.dump();
    lists(layout, Object.entries(dump), (register, i) => [register.name, BigInt(i)]);
    block.set("rax", 99n);
    assert.is(dump.rax, 10n);
  });

  blocks("an unknown register is an error that names it", () => {
    const block = new BlockAllocator(openEncoder(name, "amd64")).allocate();
    for (const use of [() => block.get("eax"), () => block.set("eax", 0n)]) {
      assert.match(thrown(EncoderError, use).message, /"eax"/);
    }
  });

  blocks("blocks are aligned, apart from each other, and past the encoder's own memory", () => {
    const encoder = openEncoder(name, "amd64");
    const allocator = new BlockAllocator(encoder);
    const blocks = Array.from({ length: 100 }, () => allocator.allocate());
    const offsets = blocks.map(({ offset }) => offset).sort((a, b) => a - b);
    for (const [i, offset] of offsets.entries()) {
      assert.is(offset % 8, 0);
      assert.ok(offset >= (i === 0 ? encoder.heap : (offsets[i - 1] ?? 0) + SIZE));
    }
    assert.ok(blocks.every(({ bytes }) => bytes.length === SIZE));
  });

  blocks("a released block is reused, and no block is handed out twice", () => {
    const allocator = new BlockAllocator(openEncoder(name, "amd64"));
    const [first, second] = [allocator.allocate(), allocator.allocate()];
    allocator.release(first);
    assert.is(allocator.allocate().offset, first.offset);
    assert.not.equal(allocator.allocate().offset, second.offset);
  });

  blocks("when the memory is used up, alloc throws, and works again after a release", () => {
    const encoder = openEncoder(name, "amd64");
    const allocator = new BlockAllocator(encoder);
    const room = Math.floor((encoder.buffer.byteLength - Math.ceil(encoder.heap / 8) * 8) / SIZE);
    let last: RegisterBlock = allocator.allocate();
    for (let i = 1; i < room; i++) last = allocator.allocate();
    assert.ok(last.offset + SIZE <= encoder.buffer.byteLength);
    assert.throws(
      () => allocator.allocate(),
      (error: unknown) =>
        error instanceof EncoderError && error.message.includes(name) && error.remedy !== undefined,
    );
    allocator.release(last);
    assert.is(allocator.allocate().offset, last.offset);
    assert.ok(room > 30_000, `room for ${room}`);
  });

  blocks("two instances of an encoder share nothing", () => {
    const [one, other] = [openEncoder(name, "amd64"), openEncoder(name, "amd64")];
    assert.is.not(one.buffer, other.buffer);
    const [block, twin] = [one, other].map((encoder) => new BlockAllocator(encoder).allocate());
    block?.set("rax", 1n);
    assert.is(twin?.get("rax"), 0n);
  });

  blocks("the buffer never moves", () => {
    const encoder = openEncoder(name, "amd64");
    const { buffer } = encoder;
    const size = buffer.byteLength;
    for (let i = 0; i < 10_000; i++) work(encoder);
    assert.is(encoder.buffer, buffer);
    assert.is(buffer.byteLength, size);
  });

  blocks.run();
}

function work(encoder: Encoder): void {
  const block = Math.ceil(encoder.heap / 8) * 8;
  encoder.encodeSyscall(block, block, -1n, -1n, -1n, -1n, -1n, -1n, -1n);
  encoder.encodeBootstrap(block, -1);
  encoder.rewindSyscall(block);
  encoder.syscallErrno(encoder.syscallResult(block));
  encoder.encodeClone(-1n, -1);
  encoder.waitKind(-1);
}

const memory = suite("blocks: WebAssembly memory");

memory("the module's memory cannot grow, so its buffer is never detached", () => {
  const bytes = readFileSync(new URL("encoder.wasm", import.meta.url));
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
  const { memory } = exports;
  assert.instance(memory, WebAssembly.Memory);
  if (!(memory instanceof WebAssembly.Memory)) return;
  const { buffer } = memory;
  thrown(RangeError, () => memory.grow(1));
  assert.is(memory.buffer, buffer);
  assert.is(buffer.byteLength, 128 * 65_536);
});

memory("the module imports nothing", () => {
  const bytes = readFileSync(new URL("encoder.wasm", import.meta.url));
  assert.equal(WebAssembly.Module.imports(new WebAssembly.Module(bytes)), []);
});
