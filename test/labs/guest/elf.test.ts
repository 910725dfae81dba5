import { parseElf } from "../../../src/labs/guest/elf.ts";
import { GUEST_MACHINE } from "../../../src/labs/guest/machine.ts";
import { littleEndian } from "../../support/code_bytes.ts";

const elf = suite("ELF");

/** The offsets of fields of Elf64_Ehdr, and of the first Elf64_Phdr after it. */
const TYPE = 16;
const MACHINE = 18;
const ENTRY = 24;
const HEADERS_AT = 32;
const HEADER_COUNT = 56;
const HEADER = 64;
const SIZE = 120;

/** EM_X86_64, or EM_AARCH64. */
const ELF_MACHINE = Number(HOST_MACHINE.elf);
const OTHER = ELF_MACHINE === 62 ? 183 : 62;

/** The smallest executable: one segment that covers the whole file. */
function smallest(): DataView {
  const file = new DataView(new ArrayBuffer(SIZE));
  [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1].forEach((byte, i) => {
    file.setUint8(i, byte);
  });
  file.setUint16(TYPE, 2, true);
  file.setUint16(MACHINE, ELF_MACHINE, true);
  file.setBigUint64(ENTRY, 0x400000n, true);
  file.setBigUint64(HEADERS_AT, BigInt(HEADER), true);
  file.setUint16(54, 56, true);
  file.setUint16(HEADER_COUNT, 1, true);
  file.setUint32(HEADER, 1, true);
  file.setUint32(HEADER + 4, 5, true);
  file.setBigUint64(HEADER + 16, 0x400000n, true);
  file.setBigUint64(HEADER + 32, BigInt(SIZE), true);
  file.setBigUint64(HEADER + 40, 0x2000n, true);
  return file;
}

const bytesOf = (file: DataView): Uint8Array => new Uint8Array(file.buffer);

const refusal = (bytes: Uint8Array, base?: bigint): InputError =>
  thrown(InputError, () => parseElf(bytes, base));

elf("reads entry, segments and program headers", () => {
  const { entry, segments, headers } = parseElf(bytesOf(smallest()));
  assert.is(entry, 0x400000n);
  assert.equal(headers, { address: 0x400040n, count: 1 });
  assert.is(segments.length, 1);
  const [segment] = segments;
  assert.is(segment?.address, 0x400000n);
  assert.is(segment?.memorySize, 0x2000n);
  assert.is(segment?.access, 5);
  assert.equal(segment?.bytes, bytesOf(smallest()));
});

elf("shifts only position-independent executables", () => {
  const file = smallest();
  assert.is(parseElf(bytesOf(file), 0x10000n).entry, 0x400000n);
  file.setUint16(TYPE, 3, true);
  const { entry, segments, headers } = parseElf(bytesOf(file), 0x10000n);
  assert.is(entry, 0x410000n);
  assert.is(segments[0]?.address, 0x410000n);
  assert.is(headers?.address, 0x410040n);
  assert.is(parseElf(bytesOf(file)).entry, GUEST_MACHINE.independentBase + 0x400000n);
  assert.match(refusal(bytesOf(file), 0x123n).message, `not a multiple of ${PAGE_SIZE}`);
  assert.match(refusal(bytesOf(file), -1n << 20n).message, `not a multiple of ${PAGE_SIZE}`);
  assert.match(refusal(bytesOf(file), 1n << 56n).message, "beyond user space");
});

elf("parses bytes at any offset in a larger buffer", () => {
  const larger = new Uint8Array(SIZE + 32);
  larger.set(bytesOf(smallest()), 13);
  assert.is(parseElf(larger.subarray(13, 13 + SIZE)).entry, 0x400000n);
});

elf("refuses every truncated file", () => {
  const whole = bytesOf(smallest());
  for (let length = 0; length < SIZE; length++) {
    const { message } = refusal(whole.subarray(0, length));
    assert.match(message, length < 4 ? "not an ELF file" : /truncated.*offset \d+/);
  }
});

/** A file in which a field has another value, and a regular expression of the message; without one the file is taken. */
interface Wrong {
  readonly what: string;
  readonly at: number;
  readonly bits: number;
  readonly value: string;
  readonly message?: string;
}

const MACHINE_IS = `machine is ${OTHER} .*offset 18`;

for (const { what, at, bits, value, message } of [
  { what: "another machine", at: MACHINE, bits: 16, value: `${OTHER}`, message: MACHINE_IS },
  ...jsonLines<Wrong>("labs/guest/wrong_elf"),
]) {
  elf(`${message === undefined ? "takes" : "refuses"} ${what}`, () => {
    const bytes = bytesOf(smallest());
    bytes.set(littleEndian(BigInt(value), bits / 8), at);
    if (message === undefined) parseElf(bytes);
    else assert.match(refusal(bytes).message, new RegExp(message));
  });
}

elf("refuses segments that overlap or are out of order", () => {
  const file = new DataView(new ArrayBuffer(SIZE + 56));
  bytesOf(file).set(bytesOf(smallest()));
  bytesOf(file).copyWithin(SIZE, HEADER, SIZE);
  file.setUint16(HEADER_COUNT, 2, true);
  assert.match(refusal(bytesOf(file)).message, "overlaps");
  file.setBigUint64(SIZE + 16, 0x402000n, true);
  assert.is(parseElf(bytesOf(file)).segments.length, 2);
  file.setBigUint64(SIZE + 16, 0x300000n, true);
  assert.match(refusal(bytesOf(file)).message, "precedes");
});

elf("parses or refuses arbitrary bytes", () => {
  const next = randomWords(1n);
  const below = (limit: number) => Number(next() % BigInt(limit));
  for (let round = 0; round < 20_000; round++) {
    const bytes = bytesOf(smallest());
    for (let i = 0; i <= round % 8; i++) {
      bytes[4 + below(SIZE - 4)] = below(256);
    }
    try {
      parseElf(bytes);
    } catch (error) {
      if (!(error instanceof InputError)) throw error;
    }
  }
});

const withCompiler = needs(elf, "cc");

withCompiler("refuses a dynamically linked executable", () => {
  const text = "int main(void) { return 0; }\n";
  const { message, remedy } = refusal(compile("cc", "main.c", text));
  assert.match(message, "dynamically linked");
  assert.match(remedy ?? "", "-static");
});

withCompiler("refuses an object file, and says how to link it", () => {
  const { remedy } = refusal(compile("cc", "main.c", "int main(void) { return 0; }\n", "-c"));
  assert.match(remedy ?? "", "-nostdlib -static");
});

withCompiler("refuses a shared library", () => {
  refusal(compile("cc", "library.c", "int f(void) { return 0; }\n", "-shared", "-nostdlib"));
});

const withM32 = needs(elf, "cc", { amd64: HOST_ARCH === "amd64" });

withM32("refuses a 32-bit executable, where the linker makes one", () => {
  const bytes = assemble("int $3", "-static", "-m32");
  assert.match(refusal(bytes).message, /not 64-bit/);
});
