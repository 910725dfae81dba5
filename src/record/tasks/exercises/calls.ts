import type { Task } from "../task.ts";
import { answersStill, makesCall, NAMES, writeAnswer } from "./verbs.ts";

/** For each errno a call that fails with it. */
const FAILING = {
  ECHILD: "rax = SYS_wait4\nrdi = -1\n",
  EBADF: "rax = SYS_close\nrdi = 1000\n",
  ESRCH: "rax = SYS_kill\nrdi = 0x3fffffff\nrsi = SIGCONT\n",
  EINVAL: "rax = SYS_munmap\nrdi = 1\nrsi = 4096\n",
  EFAULT: "rax = SYS_uname\nrdi = 8\n",
  ENOMEM:
    "rax = SYS_mmap\nrsi = 0x10000000000\nrdx = PROT_READ|PROT_WRITE\nr10 = MAP_PRIVATE|MAP_ANONYMOUS\nr8 = -1\n",
} as const;

const FAILURES: Readonly<Record<keyof typeof FAILING, string>> = {
  ECHILD: "there is no child to wait for",
  EBADF: "a file descriptor is not open",
  ESRCH: "there is no such process",
  EINVAL: "an argument is invalid, such as an address that is no multiple of the page size",
  EFAULT: "an address is not mapped",
  ENOMEM: "there is not as much memory",
};

export const errno: Task = {
  lesson: "inject",
  title: "Inject a call that fails as asked",
  exercise(draw) {
    const errno = draw.one("ECHILD", "EBADF", "ESRCH", "EINVAL", "EFAULT", "ENOMEM");
    return {
      text: [
        `Write the registers of a system call that fails with ${errno}: when the stub rests at its INT3 again, RAX must be -${errno}. ` +
          "The stub must survive, and answer the next call.",
        "Registers that you do not set are those of a stub at rest, with RIP at the SYSCALL; RAX and the registers of arguments are 0.",
      ],
      form: { kind: "registers" },
      names: NAMES,
      start: "rax = SYS_getpid\n",
      key: FAILING[errno],
      hints: [
        `${errno} means: ${FAILURES[errno]}. Which call has this error in its manual page?`,
        "The number is in RAX, the arguments in RDI, RSI, RDX, R10, R8, R9.",
        `One of many: ${FAILING[errno].trim().replaceAll("\n", ", ")}`,
      ],
      play(stage, answer) {
        const stub = stage.cast({ lane: "stub", role: "the stub that executes your registers" });
        if (!writeAnswer(stage, stub, answer) || !makesCall(stage, stub)) return;
        const [call] = stub.calls;
        const result = call?.told ?? "";
        stage.expect(
          "the result of the call",
          `-${errno}`,
          result,
          `${call?.name} does not fail with ${errno} here`,
        );
        const rax = BigInt.asIntN(64, stub.registers().rax ?? 0n);
        stage.expect("RAX", `${call?.result}`, `${rax}`, "RAX is not what the call returned");
        answersStill(stage, stub);
      },
    };
  },
};
