import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { openEncoder } from "../../src/index.ts";

const { constants } = openEncoder("assembly");

/** What has been compiled, by content: most files of tests compile the same guests. */
const CACHE = "build/guests";

const versions = new Map<string, string>();

/** What distinguishes a compiler from another of the same name. */
function versionOf(compiler: string): string {
  const known = versions.get(compiler);
  if (known !== undefined) return known;
  const version = execFileSync(compiler, ["--version"], { encoding: "utf8" });
  versions.set(compiler, version);
  return version;
}

/** Compiles a source text; the suffix of `name` selects the language. */
export function compile(
  compiler: string,
  name: string,
  text: string,
  ...flags: string[]
): Uint8Array {
  const key = JSON.stringify([versionOf(compiler), name, text, flags]);
  const cached = join(CACHE, createHash("sha256").update(key).digest("hex"));
  if (existsSync(cached)) return readFileSync(cached);
  mkdirSync(CACHE, { recursive: true });
  const folder = mkdtempSync(join(CACHE, "new-"));
  try {
    const [source, target] = [join(folder, name), join(folder, "out")];
    writeFileSync(source, text);
    execFileSync(compiler, [...flags, "-o", target, source], { stdio: ["ignore", "pipe", "pipe"] });
    // Another file may compile the same.
    renameSync(target, cached);
    return readFileSync(cached);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Assembles the body of a program that begins at its first line. */
export function assemble(body: string, ...flags: string[]): Uint8Array {
  const text = `.globl _start\n_start:\n${body}\n.section .note.GNU-stack,"",@progbits\n`;
  return compile("cc", "guest.s", text, "-nostdlib", ...(flags.length > 0 ? flags : ["-static"]));
}

/** Assembles one of examples/guests/. */
export function exampleGuest(name: string): Uint8Array {
  const text = readFileSync(`examples/guests/${name}`, "utf8");
  return compile("cc", name, text, "-nostdlib", "-static");
}

const ARGUMENTS = ["rdi", "rsi", "rdx", "r10", "r8", "r9"];

/** The text of a system call. An argument is a number, or an operand such as "%rbx" or "$text". */
export function call(name: string, ...args: (number | bigint | string)[]): string {
  const number = constants.get(`SYS_${name}`) ?? name;
  const moves = args.map((argument, i) => {
    return typeof argument === "string"
      ? `movq ${argument}, %${ARGUMENTS[i]}`
      : `movabs $${argument}, %${ARGUMENTS[i]}`;
  });
  return [...moves, `movq $${number}, %rax`, "syscall"].join("\n");
}

/** Exits with the value of a register, or with a number. */
export function exitWith(status: string | number): string {
  return call("exit", typeof status === "number" ? status : `%${status}`);
}

/** Exits with the errno of the last call, as a positive number; 0 for a value of 0. */
export const EXIT_WITH_ERRNO = `negq %rax\n${call("exit", "%rax")}`;

/** The number of an errno. */
export function errno(name: string): number {
  return Number(constants.get(name));
}

/** An operand for a constant of the kernel, or the sum of several. */
export function flags(...names: string[]): bigint {
  return names.reduce((word, name) => word | (constants.get(name) ?? 0n), 0n);
}
