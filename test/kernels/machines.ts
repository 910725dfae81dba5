/*
 * The machines on which stublab is tried: kernels, processors and implementations, and for each the command that runs the
 * probe, or Node.js with stublab's package, on it.
 */

import { execFileSync } from "node:child_process";
import { release } from "node:os";
import { basename, resolve } from "node:path";
import type { ProbedArch } from "../../src/core/machine/index.ts";
import { ALL as ALL_DENIED, rulesOf } from "../support/lacking.ts";
import type { Check, Lacks } from "./answers.ts";
import { fetchKernel, fetchUserModeLinux, type Kernel } from "./images.ts";
import { USERLANDS, type UserlandName } from "./userland.ts";

/** What machines are started with. Each is made when the first machine needs it. */
export interface Places {
  readonly folder: string;
  /** An image that QEMU boots instead of Debian's. */
  readonly kernel?: string | undefined;
  /** The root file system with Node.js, as a folder and packed. */
  readonly root: (userland: UserlandName) => string;
  readonly initramfs: (userland: UserlandName) => string;
  /** The same with the probe: as a folder for amd64 only. */
  readonly probeRoot: () => string;
  readonly probeInitramfs: (arch: ProbedArch) => string;
  /** The same with a process 1 that executes the probe without much of what a kernel has. */
  readonly denyingInitramfs: () => string;
  /** A root with a trivial process 1, of trivial.ts. */
  readonly trivialRoot: () => string;
}

export interface Machine extends Lacks {
  /** What is tried, the kernel, and the processor if it is emulated. */
  readonly name: string;
  readonly host: "probe" | "node";
  readonly arch: ProbedArch;
  /** Tools, and the Debian packages that contain them. */
  readonly needs: Readonly<Record<string, string>>;
  readonly asRoot: boolean;
  /** The list of the probe that has the faults of what emulates the processor. */
  readonly known?: string;
  /** Some facts hold in one run, or with one processor, and fail in the next. */
  readonly varies?: boolean;
  /** Facts, or groups of them, that crash the kernel. They are not tried, nor random setups: they do, too, or the probe has none. */
  readonly crashesBy?: readonly string[];
  /** No task can be traced there: only facts are tried. */
  readonly isTraceless?: true;
  /** The checks of Node.js besides CHECKS. */
  readonly checks?: readonly Check[];
  /** The kernel's release. It may be fetched for that. */
  readonly release: (folder: string) => string;
  /** Its words are those of the probe, or the names of checks. */
  readonly command: (places: Places, words: readonly string[]) => readonly string[];
  /** The command that tries a trivial process 1, if the processor may keep the kernel from running one. */
  readonly trivial?: (places: Pick<Places, "folder" | "trivialRoot">) => readonly string[];
}

interface NamedKernel extends Kernel {
  readonly name: string;
  readonly userland: UserlandName;
  /** Parameters on its command line. */
  readonly words?: string;
}

function kernel(
  name: string,
  suite: string,
  prefix: string,
  flavour = "cloud-amd64",
  userland: UserlandName = flavour.includes("arm64") ? "arm64" : "amd64",
): NamedKernel {
  return { name, arch: USERLANDS[userland].arch, suite, prefix, flavour, userland };
}

const probeFor = (arch: ProbedArch) => resolve(`dist/probe-${arch}`);
const PROBE = probeFor("amd64");

/** What makes the calls of a program for another architecture. */
export const QEMU_USER = [
  ["amd64", "qemu-x86_64"],
  ["arm64", "qemu-aarch64"],
  ["riscv64", "qemu-riscv64"],
] as const;

/**
 * Kernels of Debian: name, suite, and which versions of the suite; the newest of them is taken. The standard ones have
 * CONFIG_X86_X32_ABI, those for clouds do not.
 */
const KERNELS = [
  kernel("linux-5.10", "bullseye", "5.10."),
  kernel("linux-6.1", "bookworm", "6.1."),
  kernel("linux-6.12", "trixie", "6.12."),
  kernel("linux-6.18", "trixie-backports", "6.18."),
  kernel("linux-7.2", "trixie-backports", "7.2."),
  kernel("linux-newest", "trixie-backports", ""),
  kernel("linux-5.10-standard", "bullseye", "5.10.", "amd64"),
  kernel("linux-6.1-standard", "bookworm", "6.1.", "amd64"),
  kernel("linux-6.12-standard", "trixie", "6.12.", "amd64"),
  kernel("linux-newest-standard", "trixie-backports", "", "amd64"),
];

/**
 * Those for arm64, with pages of 4 KiB or of 16. `max` has SVE, pointer authentication and BTI; a Cortex-A72 has none of
 * them, no atomic instructions, and no pages of 16 KiB.
 */
const ARM64_KERNELS = [
  kernel("linux-5.10-arm64", "bullseye", "5.10.", "cloud-arm64"),
  kernel("linux-6.1-arm64", "bookworm", "6.1.", "cloud-arm64"),
  kernel("linux-6.12-arm64", "trixie", "6.12.", "cloud-arm64"),
  kernel("linux-6.12-arm64-16k", "trixie", "6.12.", "arm64-16k"),
  kernel("linux-newest-arm64", "trixie-backports", "", "cloud-arm64"),
  kernel("linux-newest-arm64-16k", "trixie-backports", "", "arm64-16k"),
  kernel("linux-6.12-arm64-musl", "trixie", "6.12.", "cloud-arm64", "arm64-musl"),
  kernel("linux-newest-arm64-16k-musl", "trixie-backports", "", "arm64-16k", "arm64-musl"),
];

/** Those that are preempted nearly everywhere, and one in which programs can make the calls of x32. */
const SPECIAL_KERNELS = [
  kernel("linux-6.12-rt", "trixie", "6.12.", "rt-amd64"),
  kernel("linux-newest-rt", "trixie-backports", "", "rt-amd64"),
  kernel("linux-6.12-rt-arm64", "trixie", "6.12.", "rt-arm64"),
  { ...kernel("linux-newest-x32", "trixie-backports", "", "amd64"), words: "syscall.x32=y" },
];

/** Only the probe exists for riscv64, which needs no userland. */
const RISCV64_KERNELS: readonly NamedKernel[] = [
  { ...kernel("linux-6.12-riscv64", "trixie", "6.12.", "riscv64"), arch: "riscv64" },
  { ...kernel("linux-newest-riscv64", "forky", "", "riscv64"), arch: "riscv64" },
];

/** How QEMU emulates the architectures. */
const EMULATORS = {
  amd64: {
    tool: "qemu-system-x86_64",
    package: "qemu-system-x86",
    board: "q35",
    // A busy machine's timer may be late: the kernel would take it for missing, and panic.
    words: "console=ttyS0 no_timer_check",
  },
  arm64: {
    tool: "qemu-system-aarch64",
    package: "qemu-system-arm",
    board: "virt",
    words: "console=ttyAMA0",
  },
  riscv64: {
    tool: "qemu-system-riscv64",
    package: "qemu-system-riscv",
    board: "virt",
    words: "console=ttyS0",
  },
};

/** Processors of QEMU. `max` has five-level page tables. AVX and its instructions cannot be without XSAVE. */
const PROCESSORS = [
  ...["max", "max,la57=off", "max,-fsgsbase", "max,-xsave,-avx,-f16c,-fma,-vaes,-vpclmulqdq"],
  ...["EPYC", "Skylake-Server", "qemu64"],
] as const;

/** Each kernel once, whatever the C library: the probe needs none. */
const ARM64_PROBED = ARM64_KERNELS.filter(({ userland }) => userland === "arm64");

/** The checks of Node.js on each machine. */
export const CHECKS: readonly Check[] = ["bootstrap", "inject", "doctor"];

/** The kernels on which Node.js is tried, too. */
const WITH_NODE = [
  ...["linux-5.10", "linux-6.1", "linux-6.12", "linux-newest"],
  ...["linux-6.12-standard", "linux-newest-standard"],
];

const PLATFORMS = ["ptrace", "systrap"] as const;

/** An offset of 4 panics it, and PTRACE_ARCH_PRCTL writes the bases of the tracer, which then dies. */
const UML_CRASHES = [
  "POKEUSER offsets",
  "PEEKUSER at an offset that is not a multiple of 8 is EIO",
  "PEEKUSER to an address that is not mapped is EFAULT, but a bad offset is EIO first",
  "PTRACE_ARCH_PRCTL writes bases; from TASK_SIZE_MAX on it is EPERM",
];

/** The trial of doctor that warns on every machine, as the root has no compiler. */
const COMPILER = "C compiler";
/** What exists for amd64 only. */
const AMD64_ONLY = ["register setups", "rt_sigreturn"];
/** In gVisor the filter runs before the tracer's stop; /proc shows neither pending signals nor pidfds. */
const GVISOR_WARNS = [COMPILER, "process 1", "guests", "recordings", "rt_sigreturn"];
/** User Mode Linux has neither GETREGSET nor SYSEMU, does not report rseq, and has a 39-bit user space. */
const UML_WARNS = [COMPILER, "guests", "recordings", "register setups", "rt_sigreturn"];

const ALL: readonly Machine[] = [
  native(),
  ...KERNELS.flatMap((kernel) =>
    PROCESSORS.map((processor) => emulated("probe", kernel, processor)),
  ),
  ...[...SPECIAL_KERNELS, ...ARM64_PROBED, ...RISCV64_KERNELS].map((kernel) =>
    emulated("probe", kernel, "max"),
  ),
  lacking(emulated("probe", kernel("linux-6.12", "trixie", "6.12."), "max")),
  ...PLATFORMS.map((platform) => gvisor("probe", platform)),
  userModeLinux("probe"),
  userModeLinux("probe", "sid"),
  ...QEMU_USER.map(([arch, tool]) => qemuUser(arch, tool)),
  ...KERNELS.filter(({ name }) => WITH_NODE.includes(name)).map((kernel) =>
    emulated("node", kernel, "max"),
  ),
  ...ARM64_KERNELS.map((kernel) => emulated("node", kernel, "max")),
  ...ARM64_PROBED.filter(({ flavour }) => flavour === "cloud-arm64").map((kernel) =>
    emulated("node", kernel, "cortex-a72"),
  ),
  ...PLATFORMS.map((platform) => gvisor("node", platform)),
  userModeLinux("node"),
  userModeLinux("node", "sid"),
  noexec(1),
  noexec(2),
];

export const MACHINES: readonly Machine[] = ALL;

/** Machines that take only a minute or two, and differ most from a developer's. */
export const SHORT: readonly string[] = [
  ...["probe/linux-newest/max", "probe/linux-newest-standard/max", "probe/runsc-ptrace"],
  ...["probe/runsc-systrap", "probe/uml", "probe/linux-newest-riscv64/max"],
  ...["node/linux-newest-arm64/max", "node/runsc-ptrace", "node/runsc-systrap", "node/uml"],
];

/** QEMU emulates the processor, as KVM cannot start other kernels everywhere. */
function emulated(host: Machine["host"], kernel: NamedKernel, processor: string): Machine {
  const image = (folder: string) => fetchKernel(kernel, folder);
  const { arch, userland } = kernel;
  const { tool, package: debian, board, words: own } = EMULATORS[arch];
  const words = `${own} quiet panic=-1 ${kernel.words ?? ""}`;
  // Since Linux 5.13.
  const reportsRseq = kernel.prefix !== "5.10.";
  return {
    name: `${host}/${kernel.name}/${processor}`,
    host,
    arch,
    ...(arch === "riscv64" ? { crashesBy: [] } : {}),
    needs: {
      ...{ [tool]: debian, "dpkg-deb": "dpkg", ...needsOf(host) },
      ...(userland === "arm64-musl" ? { clang: "clang", "ld.lld": "lld" } : {}),
    },
    asRoot: host === "node",
    known: "qemu-tcg",
    warns: [
      ...[COMPILER, ...(reportsRseq ? [] : ["recordings"])],
      ...(arch === "arm64" ? AMD64_ONLY : []),
    ],
    refuses: [...(reportsRseq ? [] : ["rseq"]), ...(arch === "arm64" ? ["stale-orig-rax"] : [])],
    // Debian's 5.10 does not have the fix.
    fails: kernel.prefix === "5.10." ? ["CVE-2026-46333"] : [],
    checks: arch === "arm64" ? ["compare", "conformance", "fuzz", "record"] : ["record", "explain"],
    release: (folder) => basename(image(folder)).replace("vmlinuz-", ""),
    command: (places, more) => [
      ...[tool, "-machine", board, "-accel", "tcg,thread=multi"],
      ...["-cpu", processor, "-smp", host === "node" ? "2" : "1"],
      ...["-m", host === "node" ? "1536" : "512"],
      ...["-kernel", places.kernel ?? image(places.folder)],
      ...["-initrd", host === "node" ? places.initramfs(userland) : places.probeInitramfs(arch)],
      ...["-append", `${words} -- ${more.join(" ")}`],
      ...["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"],
    ],
  };
}

/** The same without all that test/support/lacking.ts has. */
function lacking({ name, needs, command, ...rest }: Machine): Machine {
  return {
    ...rest,
    name: name.replace("probe/", "probe-lacking/"),
    needs: { ...needs, cpio: "cpio", cc: "gcc" },
    command: (places, words) =>
      command({ ...places, probeInitramfs: places.denyingInitramfs }, [
        ...[rulesOf(ALL_DENIED, "EPERM"), "++", "/probe/init"],
        ...words,
      ]),
  };
}

function gvisor(host: Machine["host"], platform: string): Machine {
  const options = ["--network=none", "--ignore-cgroups", `--platform=${platform}`];
  return {
    name: `${host}/runsc-${platform}`,
    host,
    arch: "amd64",
    needs: { runsc: "runsc", ...needsOf(host) },
    asRoot: true,
    varies: true,
    warns: GVISOR_WARNS,
    checks: ["explain"],
    release: () => versionOf("runsc", /release-\S+|version (\S+)/),
    command: ({ root }, words) =>
      host === "node"
        ? [
            "runsc",
            ...options,
            ...["do", "-quiet", "-cwd", "/", "-root", root("amd64"), "--", "/check"],
            ...words,
          ]
        : ["runsc", ...options, "do", "-quiet", "--", PROBE, ...words],
  };
}

/** @param suite of Debian, if it is not the one that is installed */
function userModeLinux(host: Machine["host"], suite?: string): Machine {
  const program = (folder: string) =>
    suite === undefined ? "linux.uml" : fetchUserModeLinux(suite, folder);
  const boot = (folder: string, root: string, words: readonly string[]) => [
    ...[
      ...[program(folder), "root=/dev/root", "rootfstype=hostfs", `rootflags=${root}`, "rw"],
      "init=/init",
    ],
    // Without a word about the console it adds one at the end, where the probe's are.
    ...["mem=1024M", "con=null", "con0=fd:0,fd:1", "console=tty0", "quiet"],
    ...["--", ...words],
  ];
  return {
    name: `${host}/uml${suite === undefined ? "" : `-${suite}`}`,
    host,
    arch: "amd64",
    needs: { ...(suite === undefined ? { "linux.uml": "user-mode-linux" } : {}), ...needsOf(host) },
    asRoot: host === "node",
    crashesBy: UML_CRASHES,
    varies: true,
    warns: UML_WARNS,
    checks: ["explain"],
    release: (folder) => versionOf(program(folder), /^\S+/m),
    command: ({ folder, root, probeRoot }, words) =>
      boot(folder, host === "node" ? root("amd64") : probeRoot(), words),
    // It gives the processor's whole state to its processes, in a buffer of a fixed size.
    ...(suite === undefined
      ? { trivial: ({ folder, trivialRoot }) => boot(folder, trivialRoot(), []) }
      : {}),
  };
}

function qemuUser(arch: ProbedArch, tool: string): Machine {
  return {
    ...{ name: `probe/qemu-user-${arch}`, host: "probe", arch, asRoot: false },
    ...{ needs: { [tool]: "qemu-user" }, warns: [], isTraceless: true },
    release: () => `QEMU ${versionOf(tool, /version (\S+)/)}`,
    command: (_, words) => [tool, probeFor(arch), ...words],
  };
}

/** This machine's kernel. */
function native(): Machine {
  return {
    name: "probe/native",
    host: "probe",
    arch: "amd64",
    needs: {},
    asRoot: false,
    warns: [],
    release,
    command: (_, words) => [PROBE, ...words],
  };
}

/** This machine's kernel in a new pid namespace, which has its own setting. */
function noexec(value: number): Machine {
  const script =
    'mount -t proc proc "$0/proc" && echo "$1" >"$0/proc/sys/vm/memfd_noexec" && shift && exec chroot "$0" /check "$@"';
  return {
    name: `node/memfd-noexec-${value}`,
    host: "node",
    arch: "amd64",
    needs: { unshare: "util-linux", ...needsOf("node") },
    asRoot: true,
    // The root has no pseudo-terminals.
    warns: [COMPILER, "process 1", "recordings"],
    release,
    command: ({ root }, words) => [
      ...["unshare", "--pid", "--fork", "--kill-child", "--mount"],
      ...["sh", "-c", script, root("amd64"), String(value), ...words],
    ],
  };
}

function needsOf(host: Machine["host"]): Record<string, string> {
  return host === "node" ? { busybox: "busybox-static", cpio: "cpio" } : {};
}

function versionOf(tool: string, pattern: RegExp): string {
  const text = execFileSync(tool, ["--version"], { encoding: "utf8" });
  const [all, part] = pattern.exec(text) ?? [];
  return part ?? all ?? "unknown";
}

/** The machines with a name, or with all parts of it: a kernel, a processor, or what is tried; or of an architecture. */
export function machinesOf(words: readonly string[]): readonly Machine[] {
  const names = words.flatMap((word) => (word === "--short" ? SHORT : [word]));
  const of = (name: string) =>
    MACHINES.filter((machine) => name.split("/").every((part) => partsOf(machine).includes(part)));
  const unknown = names.find((name) => of(name).length === 0);
  if (unknown !== undefined) {
    const parts = new Set(MACHINES.flatMap(partsOf));
    throw new Error(`unknown machine "${unknown}": expected one of ${[...parts].join(", ")}`);
  }
  const wanted = new Set(names.flatMap(of));
  return MACHINES.filter((machine) => names.length === 0 || wanted.has(machine));
}

function partsOf({ name, arch }: Machine): string[] {
  return [...name.split("/"), arch];
}
