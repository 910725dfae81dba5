import { PAGE_SIZE } from "../../../stub/amd64.ts";
import { CODE, CODES, INT3 as INT3_BYTE } from "../../case/code.ts";

/** What the processor finds at an address of the page of code. */
export const INT3 = 0;
export const SYSCALL = 1;
export const NOP = 2;
export const UD2 = 3;
export const HLT = 4;
export const LOAD = 5;
export const STORE = 6;
export const PUSHF = 7;
export const PUSH = 8;
export const POP = 9;
/** A prefix, and INT3 behind it. */
export const PREFIXED_INT3 = 10;
export const INT80 = 11;
export const MOVSS = 12;
export const RDFSBASE = 13;
export const RDGSBASE = 14;
export const DIV = 15;
export const SPIN = 16;
/** An instruction that goes on behind the page. */
export const CUT_OFF = 17;
/** The same with operands of 32 bits. */
export const LOAD32 = 18;
export const STORE32 = 19;
export const DIV32 = 20;
/** In 32-bit code. */
export const INC = 21;
export const DEC = 22;
/** DEC with a prefix that does nothing. */
export const PREFIXED_DEC = 23;
/** What is meant for another instruction, and its bytes. */
export const MIDDLE = 24;
/** Where it is plain arithmetic: of eax, of ecx and esp, and of ah. */
export const ADD_EAX = 25;
export const OR_ECX_ESP = 26;
export const OR_AH = 27;
export const ROR_AH = 28;
export const DEC_AH = 29;
export const TEST_ESP = 30;

/** In 32-bit code. */
export const POP_ES = 31;

/** How many bytes each has. */
export const LENGTHS = Uint8Array.of(
  ...[
    1, 2, 1, 2, 1, 3, 3, 1, 1, 1, 2, 2, 2, 5, 5, 3, 2, 1, 2, 2, 2, 1, 1, 2, 0, 5, 2, 3, 2, 2, 6, 1,
  ],
);

/** By code: the offset in it, and what lies there for 64 bits and for 32 bits. */
const PLACES: Readonly<
  Record<string, readonly (readonly [offset: number, long: number, short: number])[]>
> = {
  syscall: [
    [0, SYSCALL, SYSCALL],
    [1, ADD_EAX, ADD_EAX],
  ],
  nops: Array.from({ length: 16 }, (_, i) => [i, NOP, NOP] as const),
  ud2: [
    [0, UD2, UD2],
    [1, OR_ECX_ESP, OR_ECX_ESP],
  ],
  hlt: [[0, HLT, HLT]],
  load: [
    [0, LOAD, DEC],
    [1, LOAD32, LOAD32],
    [2, UD2, POP_ES],
  ],
  store: [
    [0, STORE, DEC],
    [1, STORE32, STORE32],
    [2, UD2, POP_ES],
  ],
  pushf: [[0, PUSHF, PUSHF]],
  stack: [
    [0, PUSH, PUSH],
    [1, POP, POP],
  ],
  inc32: [[0, PREFIXED_INT3, INC]],
  int80: [
    [0, INT80, INT80],
    [1, OR_AH, OR_AH],
  ],
  movss: [
    [0, MOVSS, MOVSS],
    [1, ROR_AH, ROR_AH],
  ],
  bases: [
    [0, RDFSBASE, PREFIXED_DEC],
    [1, UD2, DEC],
    [2, UD2, UD2],
    [5, RDGSBASE, PREFIXED_DEC],
    [6, UD2, DEC],
    [7, UD2, UD2],
  ],
  div: [
    [0, DIV, DEC],
    [1, DIV32, DIV32],
    [2, TEST_ESP, TEST_ESP],
  ],
  spin: [
    [0, SPIN, SPIN],
    [1, DEC_AH, DEC_AH],
  ],
  edge: [
    [0, NOP, NOP],
    [1, CUT_OFF, DEC],
  ],
};

/** What lies at each offset of the page, for 64-bit code and for 32-bit code. */
export const LONG = placed(1);
export const SHORT = placed(2);

function placed(column: 1 | 2): Uint8Array {
  const page = new Uint8Array(PAGE_SIZE).fill(INT3);
  for (const { bytes, address, name } of CODES) {
    const at = Number(address - CODE);
    for (let k = 0; k < bytes.length; k++) if (bytes[k] !== INT3_BYTE) page[at + k] = MIDDLE;
    for (const place of PLACES[name] ?? []) page[at + place[0]] = place[column];
  }
  const edge = CODES.find(({ name }) => name === "edge");
  for (const place of PLACES.edge ?? [])
    page[Number((edge?.address ?? CODE) - CODE) + place[0]] = place[column];
  return page;
}
