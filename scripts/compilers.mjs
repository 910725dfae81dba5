// The compilers of the build, by the machine for which they make code: CC for this machine, clang and lld for the other.

import { execFile, execFileSync, spawnSync } from "node:child_process";
import { existsSync, renameSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";

/** The architecture of this machine, and all that stublab runs on. */
export const HOST = process.arch === "arm64" ? "arm64" : "amd64";
export const MACHINES = ["amd64", "arm64"];

/** The C compiler to use. */
export const CC = process.env.CC || "cc";
/** One clang compiles for all machines. */
const CLANG = process.env.CLANG || "clang";

const TRIPLES = { amd64: "x86_64-linux-gnu", arm64: "aarch64-linux-gnu" };
/** The kernel's headers: Debian's linux-libc-dev has those of every architecture. */
const HEADERS = { amd64: "/usr/lib/linux/uapi/x86", arm64: "/usr/lib/linux/uapi/arm64" };
/** The C library's headers for this machine, which serve the other one, too: only macros of them are used. */
const LIBC_HEADERS = `/usr/include/${TRIPLES[HOST]}`;

/** Prevents gcc from replacing loops by calls of memset and memcpy, and atomic instructions by calls of libgcc. */
const GCC_FLAGS = [
  "-fno-tree-loop-distribute-patterns",
  ...(HOST === "arm64" ? ["-mno-outline-atomics"] : []),
];
/** Selects the assembler of binutils, which the listing needs; clang's encodes some jumps differently. */
const CLANG_FLAGS = ["-fno-integrated-as"];

const NO_COMPILER = `stublab needs a C compiler and the kernel's headers to build its small libraries:
  Debian, Ubuntu   apt-get install gcc libc6-dev
  Fedora           dnf install gcc glibc-devel kernel-headers
  Alpine           apk add gcc musl-dev linux-headers
or name another compiler in the environment variable CC.`;

/** The command of a compiler, its own flags, and those with which it links. */
export function compilerFor(machine) {
  if (machine === HOST) return { command: CC, flags: ownFlags(), linkFlags: [] };
  const flags = [`--target=${TRIPLES[machine]}`, "-idirafter", LIBC_HEADERS];
  return { command: CLANG, flags, linkFlags: ["-fuse-ld=lld"] };
}

function ownFlags() {
  try {
    const macros = execFileSync(CC, ["-dM", "-E", "-x", "c", "/dev/null"], { encoding: "utf8" });
    return macros.includes("__clang__") ? CLANG_FLAGS : GCC_FLAGS;
  } catch (cause) {
    if (cause.code !== "ENOENT") throw cause;
    throw new Error(`there is no C compiler (${CC}).\n${NO_COMPILER}`, { cause });
  }
}

/** Flags for the kernel's headers of an architecture; its own ones need none. */
export function headerFlags(arch, machine = arch) {
  return machine === HOST && arch === HOST ? [] : ["-isystem", HEADERS[arch]];
}

/** The C library's headers of amd64, and the kernel's, choose between three ABIs by the macros of the compiler. */
export function abiFlags(machine) {
  return machine === "amd64" ? [] : ["-D__x86_64__"];
}

/** Why the headers of an architecture cannot be included; undefined if they can. */
export function missingHeaders(arch) {
  if (arch === HOST || existsSync(HEADERS[arch])) return undefined;
  return `${HEADERS[arch]} is missing (Debian 13's linux-libc-dev has it)`;
}

/** Why nothing can be compiled for a machine; undefined if it can. */
export function missingFor(machine) {
  if (machine === HOST) return undefined;
  const isThere = (tool) => spawnSync(tool, ["--version"]).status === 0;
  if (isThere(CLANG) && isThere("ld.lld")) return missingHeaders(machine);
  return "clang or lld is missing (Debian 13: apt-get install clang lld)";
}

/** Compiles and links for a machine. */
export function link(machine, target, args, linkFlags, cwd = ".") {
  compile(machine, target, [...args, ...compilerFor(machine).linkFlags, ...linkFlags], cwd);
}

/** Runs the compiler for a machine. A target that exists is replaced only by a whole one. */
export function compile(machine, target, args, cwd = ".") {
  const { command, flags } = compilerFor(machine);
  const temporary = `${target}.${process.pid}`;
  try {
    const stdio = ["ignore", "inherit", "inherit"];
    execFileSync(command, ["-o", temporary, ...flags, ...args], { stdio, cwd });
  } catch (cause) {
    rmSync(temporary, { force: true });
    throw failed(command, target, cause);
  }
  renameSync(temporary, target);
}

/**
 * Compiles files, as many at a time as there are processors. A job is a path and its own flags. Returns the objects in the
 * order of the jobs.
 */
export async function compileAll(jobs, machine, flags, folder, cwd = ".") {
  const { command, flags: own } = compilerFor(machine);
  const objects = jobs.map(([path]) => `${folder}/${path.replaceAll("/", "-")}.o`);
  let next = 0;
  const work = async () => {
    for (let i = next++; i < jobs.length; i = next++) {
      const [path, ...further] = jobs[i];
      const args = [...own, ...flags, ...further, "-c", path, "-o", objects[i]];
      await new Promise((done, fail) => {
        execFile(command, args, { cwd }, (error, _, stderr) => {
          process.stderr.write(stderr);
          if (error) fail(failed(command, path, error));
          else done();
        });
      });
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
  return objects;
}

function failed(command, path, cause) {
  return new Error(`${command} failed on ${path}. If a header is missing:\n${NO_COMPILER}`, {
    cause,
  });
}
