// The kernels that stublab is tested on, and for each the command that runs the root's /check.

import { fetchKernel } from "./images.mjs";

/** Tools, and the Debian packages that contain them. */
const QEMU = {
  "qemu-system-x86_64": "qemu-system-x86",
  cpio: "cpio",
  "dpkg-deb": "dpkg",
};

/** The trial of doctor that warns on every machine, as the root has no compiler. */
const COMPILER = "C compiler";

/**
 * The kernels by name. `needs` lists tools; `warns` lists the trials of doctor that warn because of the kernel;
 * `command` returns the command line for a folder with `root` and `initramfs`.
 */
export const MACHINES = {
  "linux-5.10": debian("bullseye"),
  "linux-6.1": debian("bookworm"),
  "linux-6.12": debian("trixie"),
  "linux-newest": debian("trixie-backports"),
  "runsc-ptrace": gvisor("ptrace"),
  "runsc-systrap": gvisor("systrap"),
  uml: userModeLinux(),
  "memfd-noexec-1": noexec(1),
  "memfd-noexec-2": noexec(2),
};

/** Kernels that take only a minute or two, and differ most from a developer's machine. */
export const SHORT = ["linux-newest", "runsc-ptrace", "runsc-systrap", "uml"];

/** Debian's newest kernel of a suite. QEMU emulates the processor, as KVM cannot start other kernels everywhere. */
function debian(suite) {
  return {
    needs: QEMU,
    warns: [COMPILER],
    command: ({ folder, initramfs }) => [
      "qemu-system-x86_64",
      ...[
        "-machine",
        "q35",
        "-accel",
        "tcg,thread=multi",
        "-cpu",
        "max",
        "-smp",
        "2",
        "-m",
        "1536",
      ],
      ...["-kernel", fetchKernel(suite, folder), "-initrd", initramfs()],
      ...["-append", "console=ttyS0 quiet panic=-1"],
      ...["-nodefaults", "-display", "none", "-serial", "stdio", "-no-reboot"],
    ],
  };
}

function gvisor(platform) {
  return {
    needs: { runsc: "runsc" },
    // The filter runs before the tracer's stop; /proc shows neither pending signals nor pidfds.
    warns: [COMPILER, "process 1", "guests", "recordings", "rt_sigreturn"],
    command: ({ root }) => [
      "runsc",
      ...["--network=none", "--ignore-cgroups", `--platform=${platform}`],
      ...["do", "-quiet", "-cwd", "/", "-root", root, "--", "/check"],
    ],
  };
}

function userModeLinux() {
  return {
    needs: { "linux.uml": "user-mode-linux" },
    // It has neither GETREGSET nor SYSEMU, and a 39-bit user space.
    warns: [COMPILER, "guests", "register setups", "rt_sigreturn"],
    command: ({ root }) => [
      "linux.uml",
      ...["root=/dev/root", "rootfstype=hostfs", `rootflags=${root}`, "rw", "init=/init"],
      ...["mem=1024M", "con=null", "con0=fd:0,fd:1", "quiet"],
    ],
  };
}

/** This machine's kernel in a new pid namespace, which has its own setting. */
function noexec(value) {
  const script =
    'mount -t proc proc "$0/proc" && echo "$1" >"$0/proc/sys/vm/memfd_noexec" && exec chroot "$0" /check';
  return {
    needs: { unshare: "util-linux" },
    warns: [COMPILER, "process 1"],
    command: ({ root }) => [
      ...["unshare", "--pid", "--fork", "--kill-child", "--mount"],
      ...["sh", "-c", script, root, String(value)],
    ],
  };
}
