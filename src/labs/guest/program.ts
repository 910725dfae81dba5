import { InputError } from "../../lib/errors.ts";
import { bytes, expectMembers, object, show, toWord } from "../../lib/shape.ts";
import { parseElf } from "./elf.ts";
import type { Image } from "./image.ts";

/** A program for a guest: a static ELF executable, or bare code that is entered at its first byte. */
export type GuestProgram =
  | {
      /** The contents of the file. */
      readonly elf: Uint8Array;
      /** Where a position-independent executable is loaded: a multiple of the page size. Default: 0x555555400000. */
      readonly base?: bigint;
    }
  | {
      /** Machine code, at least one byte. It is mapped readable, writable and executable. */
      readonly code: Uint8Array;
      /** The address of its first byte. Default: 0x10000. */
      readonly address?: bigint;
    };

/** Where code without a format is loaded: the lowest address that unprivileged processes may map. */
const CODE_ADDRESS = 0x10000n;

const ELF = { elf: bytes, base: address };
const CODE = { code: bytes, address };

/** @throws InputError */
export function checkProgram(program: GuestProgram): void {
  object(program, "program");
  if ("elf" in program) expectMembers(program, "program", ELF, ["elf"]);
  else if ("code" in program) expectMembers(program, "program", CODE, ["code"]);
  else throw new InputError("program: expected { elf } or { code }");
}

function address(value: unknown, place: string): void {
  if (typeof value === "bigint" && toWord(value) === value) return;
  throw new InputError(`${place}: expected a BigInt from 0 to 2^64 - 1, got ${show(value)}`);
}

/** @throws InputError if it cannot be loaded */
export function imageOf(program: GuestProgram): Image {
  if ("elf" in program) return parseElf(program.elf, program.base);
  const { code, address = CODE_ADDRESS } = program;
  if (code.length === 0) throw new InputError("program.code: expected at least one byte");
  // Its data is there, too: it may write to its own pages.
  const segment = { address, bytes: code, memorySize: BigInt(code.length), access: 7 };
  return { entry: address, segments: [segment] };
}
