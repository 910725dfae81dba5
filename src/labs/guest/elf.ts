// Static ELF executables (elf(5)). Offsets are those of Elf64_Ehdr and Elf64_Phdr.

import { HOST_MACHINE } from "../../core/machine/index.ts";
import type { Protection } from "../../core/platform/memory.ts";
import { PAGE_SIZE } from "../../core/shim/page_size.ts";
import { topOfUserSpace } from "../../core/stub/user_space.ts";
import { hex, InputError } from "../../lib/errors.ts";
import type { Image, Segment } from "./image.ts";
import { GUEST_MACHINE } from "./machine/index.ts";

const HEADER_SIZE = 64;
const PROGRAM_HEADER_SIZE = 56;

const ELFCLASS64 = 2;
const ELFDATA2LSB = 1;
const EV_CURRENT = 1;
const ET_EXEC = 2;
const ET_DYN = 3;

const PT_LOAD = 1;
const PT_INTERP = 3;
const PT_PHDR = 6;
/** The number of program headers is stored elsewhere, in a section header. */
const PN_XNUM = 0xffff;

/** By the bits of p_flags: PF_X is 1, PF_W 2, PF_R 4. */
const PROTECTIONS: readonly Protection[] = ["", "x", "w", "wx", "r", "rx", "rw", "rwx"];

interface ProgramHeader {
  /** Its offset in the file, for messages. */
  readonly at: number;
  readonly type: number;
  readonly flags: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly fileSize: bigint;
  readonly memorySize: bigint;
}

/** Whether a file begins with the magic number of ELF. */
export function isElf(bytes: Uint8Array): boolean {
  return Buffer.from(bytes.subarray(0, 4)).toString("latin1") === "\x7fELF";
}

/**
 * Parses a static executable.
 *
 * @param base where a position-independent one (static-pie) is loaded: a multiple of the page size.
 * @throws InputError that describes the problem, with its offset in the file.
 */
export function parseElf(bytes: Uint8Array, base = GUEST_MACHINE.independentBase): Image {
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(file, bytes);
  const headers = programHeaders(file);
  const independent = file.getUint16(16, true) === ET_DYN;
  if (base < 0n || base % BigInt(PAGE_SIZE) !== 0n) {
    throw new InputError(`a program cannot be loaded at ${base}: not a multiple of ${PAGE_SIZE}`);
  }
  const shift = independent ? base : 0n;
  const segments = headers
    .filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0n)
    .map((header) => segmentOf(header, bytes, shift));
  checkOrder(segments);
  const entry = file.getBigUint64(24, true) + shift;
  checkEntry(entry, segments);
  const address = headersAddress(file, headers);
  return {
    entry,
    segments,
    ...(address !== undefined && {
      programHeaders: {
        address: address + shift,
        entrySize: PROGRAM_HEADER_SIZE,
        count: headers.length,
      },
    }),
  };
}

function refuse(what: string, at: number, remedy?: string): never {
  throw new InputError(`the ELF file ${what} (at offset ${at})`, {
    ...(remedy !== undefined && { remedy }),
  });
}

function checkHeader(file: DataView, bytes: Uint8Array): void {
  if (!isElf(bytes))
    throw new InputError("the file is not an ELF file: it does not begin with 7f 45 4c 46");
  if (bytes.length < HEADER_SIZE) {
    refuse(`is truncated: it is shorter than its header of ${HEADER_SIZE} bytes`, bytes.length);
  }
  const [size, order, version] = [file.getUint8(4), file.getUint8(5), file.getUint8(6)];
  if (size !== ELFCLASS64) refuse(size === 1 ? "is 32-bit" : `has the unknown class ${size}`, 4);
  if (order !== ELFDATA2LSB) {
    refuse(order === 2 ? "is big-endian" : `has the unknown byte order ${order}`, 5);
  }
  if (version !== EV_CURRENT) refuse(`has the unknown version ${version}`, 6);
  const type = file.getUint16(16, true);
  if (type !== ET_EXEC && type !== ET_DYN) {
    refuse(
      `is not an executable: its type is ${type}`,
      16,
      type === 1 ? "link it: cc -nostdlib -static -o guest guest.o" : undefined,
    );
  }
  const machine = file.getUint16(18, true);
  if (BigInt(machine) !== HOST_MACHINE.elf) {
    refuse(`is for machine ${machine}, not for ${GUEST_MACHINE.title} (${HOST_MACHINE.elf})`, 18);
  }
}

function programHeaders(file: DataView): ProgramHeader[] {
  const start = file.getBigUint64(32, true);
  const entrySize = file.getUint16(54, true);
  const count = file.getUint16(56, true);
  if (entrySize !== PROGRAM_HEADER_SIZE) {
    refuse(`has program headers of ${entrySize} bytes, not ${PROGRAM_HEADER_SIZE}`, 54);
  }
  if (count === 0 || count === PN_XNUM) refuse(`has ${count} program headers`, 56);
  const end = start + BigInt(count * PROGRAM_HEADER_SIZE);
  if (end > file.byteLength) {
    refuse(`is truncated: program headers end at ${end}, the file at ${file.byteLength}`, 32);
  }
  const headers = Array.from({ length: count }, (_, i) =>
    programHeader(file, Number(start) + i * PROGRAM_HEADER_SIZE),
  );
  const interpreter = headers.find(({ type }) => type === PT_INTERP);
  if (interpreter !== undefined) {
    refuse(
      "is dynamically linked: it names an interpreter",
      interpreter.at,
      "link it with -static",
    );
  }
  return headers;
}

function programHeader(file: DataView, at: number): ProgramHeader {
  return {
    at,
    type: file.getUint32(at, true),
    flags: file.getUint32(at + 4, true),
    offset: file.getBigUint64(at + 8, true),
    address: file.getBigUint64(at + 16, true),
    fileSize: file.getBigUint64(at + 32, true),
    memorySize: file.getBigUint64(at + 40, true),
  };
}

function segmentOf(header: ProgramHeader, bytes: Uint8Array, shift: bigint): Segment {
  const { at, offset, fileSize, memorySize, flags } = header;
  const address = header.address + shift;
  if (fileSize > memorySize) {
    refuse(`has a segment with ${fileSize} bytes in the file and ${memorySize} in memory`, at);
  }
  if (offset + fileSize > bytes.length) {
    refuse(`is truncated: a segment ends at ${offset + fileSize}, the file at ${bytes.length}`, at);
  }
  if (address + memorySize > BigInt(topOfUserSpace())) {
    refuse(`has a segment at ${hex(address)} that extends beyond user space`, at);
  }
  return {
    address,
    bytes: bytes.subarray(Number(offset), Number(offset + fileSize)),
    memorySize,
    protection: PROTECTIONS[flags & 7] ?? "",
  };
}

function checkOrder(segments: readonly Segment[]): void {
  if (segments.length === 0) throw new InputError("the ELF file has no loadable segment");
  let end = 0n;
  for (const { address, memorySize } of segments) {
    if (address < end) {
      throw new InputError(
        `the ELF file's segment at ${hex(address)} overlaps or precedes the segment before it`,
      );
    }
    end = address + memorySize;
  }
}

function checkEntry(entry: bigint, segments: readonly Segment[]): void {
  const home = segments.find(
    ({ address, memorySize }) => entry >= address && entry < address + memorySize,
  );
  if (home?.protection.includes("x")) return;
  refuse(`has its entry at ${hex(entry)}, outside its executable segments`, 24);
}

/** The address of the program headers: that of PT_PHDR, or of a segment that contains them. */
function headersAddress(file: DataView, headers: readonly ProgramHeader[]): bigint | undefined {
  const start = file.getBigUint64(32, true);
  const own = headers.find(({ type }) => type === PT_PHDR);
  if (own !== undefined) return own.address;
  const length = BigInt(headers.length * PROGRAM_HEADER_SIZE);
  const holder = headers.find(
    ({ type, offset, fileSize }) =>
      type === PT_LOAD && offset <= start && start + length <= offset + fileSize,
  );
  return holder && holder.address + start - holder.offset;
}
