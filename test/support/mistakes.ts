import { appendFileSync, readFileSync } from "node:fs";
import { FUNCTION_NAMES, type FunctionName } from "../../src/core/encoder/abi.ts";
import { likeModel } from "./foreign_modules.ts";

/** A mistake as users make it in an encoder of their own. */
export interface Mistake {
  /** The language in which it is typical. */
  readonly style: "c" | "javascript" | "rust";
  readonly what: string;
  readonly name: FunctionName;
  /**
   * An expression instead of the function, in which `model` has the right ones; of C, a replacement in
   * examples/encoders/encoder.c.
   */
  readonly change: string | readonly [from: string, to: string];
  /** The field that a report names, or how the encoder fails to answer. */
  readonly found: string;
  /** The smallest input that shows it, as `--case` takes it. */
  readonly input: string;
}

/** What the expressions may use. */
const PRELUDE = `
  const view = new DataView(memory.buffer);
  const get = (block, register) => view.getBigUint64(block + register, true);
  const put = (block, register, word) => view.setBigUint64(block + register, word, true);
  const R = { rbx: 40, r10: 56, r9: 64, r8: 72, rax: 80, rcx: 88, rdi: 112, orig_rax: 120, rip: 128, rsp: 152, gs: 208 };

  /* The filter, with mistakes: rules are a number, and arguments that it wants. */
  function filter(at, exitSignal, { rules = {}, mask, arch = true, vsyscall = true, halves = 2, floor } = {}) {
    const LOAD = 0x20, EQUAL = 0x15, AT_LEAST = 0x35, AND = 0x54, RETURN = 6;
    const [ALLOW, TRAP, KILL] = [0x7fff0000, 0x30000, 0x80000000];
    const program = [];
    if (arch) program.push([LOAD, 4], [EQUAL, 0xc000003e, 1, 0], [RETURN, KILL]);
    if (vsyscall) program.push([LOAD, 12], [EQUAL, 0xffffffff, 0, 1], [RETURN, TRAP]);
    program.push([LOAD, 0]);
    if (mask !== undefined) program.push([AND, mask]);
    if (floor !== undefined) program.push([AT_LEAST, floor, 0, 1], [RETURN, ALLOW]);
    const all = {
      mmap: [[9]], munmap: [[11]], mprotect: [[10]], getpid: [[39]], getppid: [[110]], wait4: [[61]], exit: [[60]],
      restart_syscall: [[219]], clone: [[56, { 0: 0x400 | exitSignal }], [56, { 0: 0x12f00 }]], kill: [[62, { 1: 19 }]],
      execveat: [[322, { 4: 0x1000 }]], prctl: [[157, { 0: 1, 1: 9 }]], ...rules,
    };
    for (const [number, wanted = {}] of Object.values(all).flat()) {
      const tests = Object.entries(wanted).flatMap(([i, word]) =>
        [word, 0].slice(0, halves).flatMap((half, high) => [[LOAD, 16 + 8 * Number(i) + 4 * high], [EQUAL, half]]));
      // Where a test fails, the number is loaded again.
      const size = tests.length + 3;
      program.push([EQUAL, number, 0, size]);
      for (const [i, [code, k]] of tests.entries()) {
        program.push(code === EQUAL ? [code, k, 0, tests.length - i] : [code, k]);
      }
      program.push([RETURN, ALLOW], [LOAD, 0], mask === undefined ? [AND, 0xffffffff] : [AND, mask]);
    }
    program.push([RETURN, KILL]);
    for (const [i, [code, k, jt = 0, jf = 0]] of program.entries()) {
      view.setUint16(at + 8 * i, code, true);
      view.setUint8(at + 8 * i + 2, jt);
      view.setUint8(at + 8 * i + 3, jf);
      view.setUint32(at + 8 * i + 4, k >>> 0, true);
    }
    return program.length;
  }
`;

/** The mistakes of a section of mistakes.txt. */
function mistakesOf(style: Mistake["style"], section: string = style): Mistake[] {
  const sections = readFileSync("test/labs/compare/mistakes.txt", "utf8").split(/\n\n## /);
  const [, ...paragraphs] = sections.find((each) => each.startsWith(section))?.split("\n\n") ?? [];
  return paragraphs.map((paragraph) => {
    const parts = /^(.*)\n {2}(\w+): (.*)\n {2}(\S+): ?(\S*)\n?$/s.exec(paragraph);
    if (parts === null) throw new Error(`not a mistake: ${paragraph}`);
    const [, what = "", called = "", change = "", found = "", input = ""] = parts;
    const name = FUNCTION_NAMES.find((each) => each === called);
    if (name === undefined) throw new Error(`no function ${called}`);
    const [from = "", to] = change.split(" ⇒ ");
    return { style, what, name, change: to === undefined ? from : [from, to], found, input };
  });
}

const STYLES = ["javascript", "rust", "c"] as const;
export const MISTAKES: readonly Mistake[] = STYLES.flatMap((style) => mistakesOf(style));
/** Mistakes that the kernel sees. */
export const SEEN: readonly Mistake[] = mistakesOf("javascript", "seen");
/** Mistakes beside what is excused. */
export const BESIDE: readonly Mistake[] = mistakesOf("javascript", "beside");

/** A module like the model, with a mistake that is an expression. */
export function mistakenFile({ name, change }: Pick<Mistake, "name" | "change">): string {
  const file = likeModel({ [name]: String(change) }, [name]);
  appendFileSync(file, PRELUDE);
  return file;
}
