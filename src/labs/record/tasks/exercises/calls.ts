import type { Task } from "../task.ts";
import { answersStill, castAnswer, makesCall } from "./verbs.ts";

/** For each errno what it means, and a call that fails with it. */
const FAILURES = {
  ECHILD: ["there is no child to wait for", "rax = SYS_wait4\nrdi = -1"],
  EBADF: ["a file descriptor is not open", "rax = SYS_close\nrdi = 1000"],
  ESRCH: ["there is no such process", "rax = SYS_kill\nrdi = 0x3fffffff\nrsi = SIGCONT"],
  EINVAL: [
    "an argument is invalid, such as an address that is no multiple of the page size",
    "rax = SYS_munmap\nrdi = 1\nrsi = 4096",
  ],
  EFAULT: ["an address is not mapped", "rax = SYS_uname\nrdi = 8"],
  ENOMEM: [
    "there is not as much memory",
    "rax = SYS_mmap\nrsi = 0x10000000000\nrdx = PROT_READ|PROT_WRITE\nr10 = MAP_PRIVATE|MAP_ANONYMOUS\nr8 = -1",
  ],
} as const;

export const failingCall: Task = {
  lesson: "inject",
  title: "Inject a call that fails as asked",
  exercise(draw) {
    const errno = draw.one("ECHILD", "EBADF", "ESRCH", "EINVAL", "EFAULT", "ENOMEM");
    const [meaning, key] = FAILURES[errno];
    return {
      text: [
        `Write the registers of a system call that fails with ${errno}: when the stub rests at its INT3 again, RAX must be -${errno}. ` +
          "The stub must survive, and answer the next call.",
        "Registers that you do not set are those of a stub at rest, with RIP at the SYSCALL; RAX and the registers of arguments are 0.",
      ],
      form: "registers",
      start: "rax = SYS_getpid",
      key,
      hints: [
        `${errno} means: ${meaning}. Which call has this error in its manual page?`,
        "The number is in RAX, the arguments in RDI, RSI, RDX, R10, R8, R9.",
        `One of many: ${key.replaceAll("\n", ", ")}`,
      ],
      play(stage, answer) {
        const stub = castAnswer(stage, answer);
        const { name, result, told } = makesCall(stage, stub);
        const other = `${name} does not fail with ${errno} here`;
        stage.expect("the result of the call", `-${errno}`, told, other);
        const rax = BigInt.asIntN(64, stub.registers().rax ?? 0n);
        stage.expect("RAX", `${result}`, `${rax}`, "RAX is not what the call returned");
        answersStill(stage, stub);
      },
    };
  },
};
