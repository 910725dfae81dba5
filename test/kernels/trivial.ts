// A trial of kernels that depend on this machine's processor: can one run a trivial process 1 here?

import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";

const SAYS = "a trivial init runs";

/** Uses no floating point, no library and no file. Its end is a panic, after what it says. */
const SOURCE = `
.globl _start
_start:
    mov $1, %eax
    mov $1, %edi
    lea text(%rip), %rsi
    mov $size, %edx
    syscall
    mov $231, %eax
    xor %edi, %edi
    syscall
text: .ascii "${SAYS}\\n"
.set size, . - text
.section .note.GNU-stack,"",@progbits
`;

/** Makes a root with this program as process 1; returns its path. */
export function makeTrivialRoot(folder: string): string {
  const root = resolve(folder, "root-trivial");
  for (const name of ["proc", "dev"]) mkdirSync(join(root, name), { recursive: true });
  const source = join(root, "init.s");
  writeFileSync(source, SOURCE);
  const words = ["-static", "-nostdlib", "-o", join(root, "init"), source];
  execFileSync(process.env.CC || "cc", words, { stdio: ["ignore", "inherit", "inherit"] });
  return root;
}

/**
 * Why a kernel cannot be tried on this machine: its words before it panics. Undefined if the program ran.
 *
 * @param text what the kernel prints, with this program as process 1
 */
export function reasonOf(text: string): string | undefined {
  if (text.includes(SAYS)) return undefined;
  const [, before, panic] = /(?:(.+)\n)?Kernel panic - not syncing: (.*)/.exec(text) ?? [];
  const words = [before, panic].filter(Boolean).join("; ") || "no word of why";
  return `a trivial init does not run on this machine: ${words}`;
}
