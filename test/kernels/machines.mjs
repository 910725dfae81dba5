// The kernels that stublab is tried on, and the command that runs /check of the root on each.

import { fetchKernel } from "./images.mjs";

/** Tools, and the packages of Debian that have them. */
const QEMU = {
  "qemu-system-x86_64": "qemu-system-x86",
  cpio: "cpio",
  "dpkg-deb": "dpkg",
};

/** What doctor warns of without a compiler, which no root has. */
const COMPILER = "C compiler";

/**
 * The kernels by their names. `needs` are tools; `warns` the trials of doctor that warn there, for reasons that are the
 * kernel's; `command` answers the words to run, of a folder with `root` and `initramfs`.
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

/** What takes a minute or two, and differs most from the machine of a developer. */
export const SHORT = ["linux-newest", "runsc-ptrace", "runsc-systrap", "uml"];

/** Debian's newest kernel of a suite. QEMU emulates the processor: not everywhere does KVM start other kernels. */
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
    // The filter is asked before the tracer; pending signals and pidfds are not shown.
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
    // It has no GETREGSET and no SYSEMU, and 39 bits of user space.
    warns: [COMPILER, "guests", "register setups", "rt_sigreturn"],
    command: ({ root }) => [
      "linux.uml",
      ...["root=/dev/root", "rootfstype=hostfs", `rootflags=${root}`, "rw", "init=/init"],
      ...["mem=1024M", "con=null", "con0=fd:0,fd:1", "quiet"],
    ],
  };
}

/** This machine's own kernel in a pid namespace, which has the setting for itself. */
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
