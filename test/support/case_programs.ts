/* Programs in C that show a case. */

import { execFileSync } from "node:child_process";

interface Compilation {
  /** Default: the path of the program with ".c". */
  readonly source?: string;
  readonly compiler?: string;
  readonly flags?: readonly string[];
}

/** Compiles a program as its users do, and with all warnings. @throws if there is one */
export function compileCase(
  program: string,
  { source = `${program}.c`, compiler = process.env.CC || "cc", flags = [] }: Compilation = {},
): void {
  const args = [...flags, "-std=c11", "-Wall", "-Wextra", "-Werror", "-o", program, source];
  execFileSync(compiler, args, { stdio: ["ignore", "pipe", "pipe"] });
}
