import { hex } from "../../../../lib/errors.ts";
import { CODE_ADDRESS } from "../assemble.ts";
import { tellRun } from "../run.ts";
import type { Task } from "../task.ts";

export const guestCode: Task = {
  lesson: "switch",
  title: "Write a guest",
  exercise(draw) {
    const call = draw.one("write", "getpid", "exit", "kill", "close", "brk", "openat");
    const argument = BigInt(draw.number(2, 0xffff));
    const address = 0x1_0000n * BigInt(draw.number(16, 0xffff)) + 8n * BigInt(draw.number(0, 8191));
    return {
      text: [
        `Write a guest. Its first system call must be ${call}, with ${argument} in RDI. The call is not executed: it stops the guest, as in a ` +
          `platform. Then the guest must cause a page fault at the address ${hex(address)}, by reading or writing there.`,
      ],
      form: "code",
      start: "    mov $SYS_getppid, %eax\n    syscall\n    hlt",
      key: `    mov $SYS_${call}, %eax\n    mov $${argument}, %edi\n    syscall\n    mov $${hex(address)}, %rax\n    mov %rbx, (%rax)\n    hlt`,
      hints: [
        "The number of a call is in RAX, its first argument in RDI.",
        "An operand in memory: mov %rbx, (%rax) writes RBX to the address in RAX.",
        `mov $${hex(address)}, %rax, then mov %rbx, (%rax)`,
      ],
      play(stage, { code }) {
        const guest = stage.cast({ lane: "guest", role: "a stub in which your code runs", code });
        guest.tracee.emulated = true;
        guest.write({ rip: CODE_ADDRESS }, "RIP is at the first instruction of the guest.");
        const first = guest.go();
        const called = first.kind === "call" ? first.call : tellRun(first);
        stage.require("the first stop", call, called, "another event comes first");
        const rdi = hex(guest.registers().rdi ?? 0n);
        stage.expect("RDI at the call", hex(argument), rdi, "the argument is another");
        const fault = `raised SIGSEGV at ${hex(address)}`;
        stage.expect("the second stop", fault, guest.go(), "the guest does something else");
      },
    };
  },
};
