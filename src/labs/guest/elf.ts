// Static ELF executables (elf(5)). Offsets are those of Elf64_Ehdr and Elf64_Phdr.

import { HOST_MACHINE } from "../../core/machine/index.ts";
import { PAGE_SIZE } from "../../core/shim/auxiliary_vector.ts";
import { topOfUserSpace } from "../../core/stub/user_space.ts";
import { hex, InputError } from "../../lib/errors.ts";
import { type Image, pageOf, type Segment } from "./image.ts";
import { GUEST_MACHINE } from "./machine.ts";

const HEADER_SIZE = 64;
export const PROGRAM_HEADER_SIZE = 56;

/** What a program's header must have: fields of one or two bytes, and their value. */
const HEADER: readonly [at: number, size: 1 | 2, values: readonly number[], what: string][] = [
  [4, 1, [2], "is not 64-bit: its class is"],
  [5, 1, [1], "is not little-endian: its byte order is"],
  [6, 1, [1], "has the unknown version"],
  // ET_EXEC, ET_DYN
  [16, 2, [2, 3], "is not an executable: its type is"],
  [18, 2, [Number(HOST_MACHINE.elf)], `is not for ${GUEST_MACHINE.title}: its machine is`],
  [54, 2, [PROGRAM_HEADER_SIZE], "has program headers of an unknown size:"],
];
const ET_REL = 1;
const ET_DYN = 3;
const PT_LOAD = 1;
const PT_INTERP = 3;

/** Remedies. */
const LINK = "link it: cc -nostdlib -static -o guest guest.o";
const LINK_STATIC = "link it with -static";

type ProgramHeader = ReturnType<typeof programHeader>;

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
  if (!isElf(bytes)) throw new InputError("the program is not an ELF file");
  if (base < 0n || base !== pageOf(base)) {
    throw new InputError(`a program cannot be loaded at ${base}: not a multiple of ${PAGE_SIZE}`);
  }
  const file = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  checkHeader(file);
  const shift = file.getUint16(16, true) === ET_DYN ? base : 0n;
  const headers = programHeaders(file);
  const loaded = headers.filter(({ type, memorySize }) => type === PT_LOAD && memorySize > 0n);
  const segments = loaded.map((header) => segmentOf(header, bytes, shift));
  checkOrder(segments);
  const entry = file.getBigUint64(24, true) + shift;
  checkEntry(entry, segments);
  const at = file.getBigUint64(32, true);
  const end = at + BigInt(headers.length * PROGRAM_HEADER_SIZE);
  const holder = loaded.find(({ offset, fileSize }) => offset <= at && end <= offset + fileSize);
  if (holder === undefined) return { entry, segments };
  const address = holder.address + at - holder.offset + shift;
  return { entry, segments, headers: { address, count: headers.length } };
}

function refuse(what: string, at: number, remedy?: string): never {
  const details = remedy === undefined ? {} : { remedy };
  throw new InputError(`the ELF file ${what} (at offset ${at})`, details);
}

function checkHeader(file: DataView): void {
  if (file.byteLength < HEADER_SIZE) {
    refuse(`is truncated: it is shorter than its header of ${HEADER_SIZE} bytes`, file.byteLength);
  }
  for (const [at, size, values, what] of HEADER) {
    const value = size === 1 ? file.getUint8(at) : file.getUint16(at, true);
    if (values.includes(value)) continue;
    refuse(`${what} ${value}`, at, at === 16 && value === ET_REL ? LINK : undefined);
  }
}

function programHeaders(file: DataView): ProgramHeader[] {
  const start = file.getBigUint64(32, true);
  const count = file.getUint16(56, true);
  const end = start + BigInt(count * PROGRAM_HEADER_SIZE);
  if (end > file.byteLength) {
    refuse(`is truncated: program headers end at ${end}, the file at ${file.byteLength}`, 32);
  }
  const headers = Array.from({ length: count }, (_, i) =>
    programHeader(file, Number(start) + i * PROGRAM_HEADER_SIZE),
  );
  const dynamic = headers.find(({ type }) => type === PT_INTERP);
  if (dynamic === undefined) return headers;
  return refuse("is dynamically linked: it names an interpreter", dynamic.at, LINK_STATIC);
}

/** @param at its offset in the file, for messages, too */
function programHeader(file: DataView, at: number) {
  const [offset = 0n, address = 0n, , fileSize = 0n, memorySize = 0n] = [8, 16, 24, 32, 40].map(
    (member) => file.getBigUint64(at + member, true),
  );
  const [type = 0, flags = 0] = [0, 4].map((member) => file.getUint32(at + member, true));
  return { at, type, flags, offset, address, fileSize, memorySize };
}

function segmentOf(header: ProgramHeader, bytes: Uint8Array, shift: bigint): Segment {
  const { at, offset, fileSize, memorySize, flags } = header;
  const address = header.address + shift;
  const end = offset + fileSize;
  const wrong = (what: string): never => refuse(`has a segment ${what}`, at);
  if (fileSize > memorySize) wrong(`of ${memorySize} bytes with ${fileSize} bytes in the file`);
  if (end > bytes.length) wrong(`to ${end}, but is truncated at ${bytes.length}`);
  const inUserSpace = address + memorySize <= BigInt(topOfUserSpace());
  if (!inUserSpace) wrong(`at ${hex(address)} that extends beyond user space`);
  const content = bytes.subarray(Number(offset), Number(end));
  return { address, bytes: content, memorySize, access: flags & 7 };
}

function checkOrder(segments: readonly Segment[]): void {
  if (segments.length === 0) throw new InputError("the ELF file has no loadable segment");
  const wrong = segments.find(({ address }, i) => {
    const before = segments[i - 1];
    return before !== undefined && address < before.address + before.memorySize;
  });
  if (wrong === undefined) return;
  const where = `the ELF file's segment at ${hex(wrong.address)}`;
  throw new InputError(`${where} overlaps or precedes the segment before it`);
}

function checkEntry(entry: bigint, segments: readonly Segment[]): void {
  const isHome = ({ address, memorySize, access }: Segment) =>
    entry >= address && entry < address + memorySize && (access & 1) === 1;
  if (segments.some(isHome)) return;
  refuse(`has its entry at ${hex(entry)}, outside its executable segments`, 24);
}
