// The compilers of the build, by the machine for which they make code: CC for this machine, clang and lld for the other.

import { execFile, spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { promisify } from "node:util";
import { IS_COMPLETE } from "./sources.mjs";

/** The architecture of this machine, and all that stublab runs on. */
export const HOST = process.arch === "arm64" ? "arm64" : "amd64";
export const MACHINES = ["amd64", "arm64"];
/** Their names in Node.js. */
export const NODE_ARCHES = { amd64: "x64", arm64: "arm64" };
export const OTHER = HOST === "arm64" ? "amd64" : "arm64";
/** The machines of which there is no model, and nothing but a probe that checks facts about requests. */
export const MODELLESS = ["riscv64"];

const CC = process.env.CC || "cc";
/** One clang compiles for all machines. */
const CLANG = process.env.CLANG || "clang";

export const TRIPLES = {
  ...{ amd64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu", riscv64: "riscv64-linux-gnu" },
};
/** The kernel's headers: Debian's linux-libc-dev has those of every architecture. */
const UAPI = "/usr/lib/linux/uapi";
const HEADERS = { amd64: `${UAPI}/x86`, arm64: `${UAPI}/arm64`, riscv64: `${UAPI}/riscv` };
/** The C library's headers for this machine, which serve the other one, too: only macros of them are used. */
const LIBC_HEADERS = `/usr/include/${TRIPLES[HOST]}`;

/** The command of a compiler, and its own flags. */
function compilerFor(machine) {
  if (machine !== HOST) {
    const linker = ["-fuse-ld=lld", "-Wno-unused-command-line-argument"];
    return [CLANG, [`--target=${TRIPLES[machine]}`, "-idirafter", LIBC_HEADERS, ...linker]];
  }
  const isClang = `${spawnSync(CC, ["--version"]).stdout}`.includes("clang");
  // Prevents gcc from replacing loops by calls of memset and memcpy, and atomic instructions by calls of libgcc.
  const atomics = HOST === "arm64" ? ["-mno-outline-atomics"] : [];
  return [CC, isClang ? [] : ["-fno-tree-loop-distribute-patterns", ...atomics]];
}

const NO_COMPILER = `stublab needs a C compiler and the kernel's headers to build its small libraries:
  Debian, Ubuntu   apt-get install gcc libc6-dev
  Fedora           dnf install gcc glibc-devel kernel-headers
  Alpine           apk add gcc musl-dev linux-headers
or name another compiler in the environment variable CC.`;

/** Flags for the kernel's headers of an architecture; its own ones need none. */
export function headerFlags(arch, machine = arch) {
  return machine === HOST && arch === HOST ? [] : ["-isystem", HEADERS[arch]];
}

/** Why nothing with an architecture's registers can be compiled for a machine; undefined if it can. */
export function missingFor(machine, arch = machine) {
  const isThere = (tool) => spawnSync(tool, ["--version"]).status === 0;
  if (machine !== HOST && !(isThere(CLANG) && isThere("ld.lld")))
    return "clang or lld is missing (Debian 13: apt-get install clang lld)";
  if (arch === HOST || existsSync(HEADERS[arch])) return undefined;
  return `${HEADERS[arch]} is missing (Debian 13's linux-libc-dev has it)`;
}

/** What is for another machine is only in packages. */
export function limitsOf(machine, arch = machine) {
  const isWanted = machine === HOST || IS_COMPLETE;
  return { isWanted, missing: isWanted ? missingFor(machine, arch) : undefined };
}

/**
 * Runs the compiler for a machine in a folder: it also assembles, preprocesses and links. A target that exists is replaced
 * only by a whole one.
 */
export async function compile(machine, target, args, cwd = ".") {
  const [command, flags] = compilerFor(machine);
  const temporary = `${target}.${process.pid}`;
  const all = ["-o", temporary, ...flags, ...args];
  try {
    const { stderr } = await promisify(execFile)(command, all, { cwd });
    process.stderr.write(stderr);
  } catch (cause) {
    rmSync(temporary, { force: true });
    process.stderr.write(cause.stderr);
    const problem =
      cause.code === "ENOENT"
        ? `there is no C compiler (${command}).`
        : `${command} failed on ${target}. If a header is missing:`;
    throw new Error(`${problem}\n${NO_COMPILER}`, { cause });
  }
  renameSync(temporary, target);
}
