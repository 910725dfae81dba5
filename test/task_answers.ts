/* Answers to tasks: right ones, and ones that are wrong in a known way. */

import { DAMAGES } from "../src/record/tasks/exercises/repair.ts";
import { keyOf } from "../src/record/tasks/grade.ts";
import { assignment, exerciseFor } from "../src/record/tasks/submission.ts";

/** A right answer of a student. */
export async function rightAnswer(task: string, student: string): Promise<string> {
  return assignment(task, student, await keyOf(exerciseFor(task, student)));
}

/** The file as it is handed out. */
export function unedited(task: string, student: string): string {
  return assignment(task, student);
}

/** A way to be wrong. */
export interface Mistake {
  readonly name: string;
  readonly task: string;
  /** Makes a right answer wrong; undefined if that is no mistake in this variant. */
  edit(key: string, assigned: string): string | undefined;
  /** What the reason must say. */
  readonly reason: RegExp;
}

const without = (line: RegExp) => (key: string) =>
  line.test(key) ? key.replace(line, "") : undefined;
const replaced = (from: RegExp | string, to: string) => (key: string) => {
  const edited = key.replace(from, to);
  return edited === key ? undefined : edited;
};
const body = (text: string) => () => text;

export const MISTAKES: readonly Mistake[] = [
  {
    name: "RBX is not 1",
    task: "clone-registers",
    edit: without(/^rbx.*\n/m),
    reason: /met the INT3 instead of starting over/,
  },
  {
    name: "R15 is not the parent",
    task: "clone-registers",
    edit: without(/^r15.*\n/m),
    reason: /its parent is not the process whose pid is in R15/,
  },
  {
    name: "another exit signal",
    task: "clone-registers",
    edit: replaced(/SIG\w+/, "SIGWINCH"),
    reason: /lowest byte of the clone word is wrong/,
  },
  {
    name: "files are not shared",
    task: "clone-registers",
    edit: replaced("CLONE_FILES|", ""),
    reason: /its file table: expected shared, got its own/,
  },
  {
    name: "memory is shared",
    task: "clone-registers",
    edit: replaced("CLONE_FILES", "CLONE_FILES|CLONE_VM"),
    reason: /its memory: expected its own, got shared/,
  },
  {
    name: "a sibling, not a child",
    task: "clone-registers",
    edit: replaced("CLONE_FILES", "CLONE_FILES|CLONE_PARENT"),
    reason: /no child of this stub/,
  },
  {
    name: "a forbidden selector",
    task: "clone-registers",
    edit: (key) => `${key}cs = 0x10\n`,
    reason: /the kernel refuses these registers .*EIO/,
  },
  {
    name: "another call",
    task: "clone-registers",
    edit: replaced("SYS_clone", "SYS_getpid"),
    reason: /RAX selects the system call/,
  },
  {
    name: "RIP is nowhere",
    task: "clone-registers",
    edit: (key) => `${key}rip = 0x1234\n`,
    reason: /got raised SIGSEGV at 0x1234/,
  },
  {
    name: "a segment for code of 32 bits",
    task: "clone-registers",
    edit: (key) => `${key}cs = 0x23\n`,
    reason: /got raised SIG(SEGV|ILL)/,
  },
  {
    name: "a call that succeeds",
    task: "failing-call",
    edit: body("rax = SYS_getpid\n"),
    reason: /getpid does not fail with E/,
  },
  {
    name: "a result without a call",
    task: "failing-call",
    edit: body("rax = -9\nrip = SYSCALL + 8\n"),
    reason: /RIP does not lead to a SYSCALL/,
  },
  {
    name: "a call that does not return",
    task: "failing-call",
    edit: body("rax = SYS_pause\n"),
    reason: /does not return from pause/,
  },
  {
    name: "a call that ends the stub",
    task: "failing-call",
    edit: body("rax = SYS_exit\nrdi = 3\n"),
    reason: /got exited with status 3/,
  },
  {
    name: "no call under way",
    task: "forced-restart",
    edit: replaced(/orig_rax = .*/, "orig_rax = -1"),
    reason: /has not moved RIP back by two bytes/,
  },
  {
    name: "another call under way",
    task: "forced-restart",
    edit: (key) =>
      key.includes("RESTARTBLOCK")
        ? undefined
        : key.replace(/orig_rax = .*/, "orig_rax = SYS_sched_yield"),
    reason: /orig_rax selects the call/,
  },
  {
    name: "RIP is at the SYSCALL already",
    task: "forced-restart",
    edit: replaced("SYSCALL + 2", "SYSCALL"),
    reason: /RIP must not lead to the SYSCALL/,
  },
  {
    name: "a stale orig_rax",
    task: "no-restart",
    edit: replaced("orig_rax = -1", "orig_rax = SYS_kill"),
    reason: /has restarted a call|does not come to its INT3/,
  },
  {
    name: "the stub code is unmapped, too",
    task: "one-page",
    edit: body("munmap1 = 0, TOP\n"),
    reason: /page of the stub code is gone/,
  },
  {
    name: "a range is forgotten",
    task: "one-page",
    edit: without(/^munmap2.*\n/m),
    reason: /other pages than the two are left/,
  },
  {
    name: "an address within a page",
    task: "one-page",
    edit: replaced("munmap1 = 0,", "munmap1 = 1,"),
    reason: /munmap1: expected 0, got -EINVAL/,
  },
  {
    name: "another argument",
    task: "guest-code",
    edit: replaced(/mov \$\d+, %edi/, "mov $1, %edi"),
    reason: /the argument is another/,
  },
  {
    name: "another fault",
    task: "guest-code",
    edit: replaced("mov %rbx, (%rax)", "mov %rbx, 4096(%rax)"),
    reason: /the guest does something else .*got raised SIGSEGV/,
  },
  {
    name: "another call first",
    task: "guest-code",
    edit: (key) => `    mov $SYS_getuid, %eax\n    syscall\n${key}`,
    reason: /another event comes first/,
  },
  {
    name: "too late or too early",
    task: "parent-dies",
    edit: (key) => key.replace(/\d+/, (text) => (text === "4" ? "1" : "9")),
    reason: /at another moment than you think|too late or too early/,
  },
  {
    name: "not the limit",
    task: "parent-dies",
    edit: (key, text) =>
      text.includes("latest")
        ? key.replace("3", "2")
        : text.includes("earliest")
          ? key.replace("4", "5")
          : undefined,
    reason: /it is not the (latest|earliest) moment/,
  },
  {
    name: "CLONE_THREAD without CLONE_SIGHAND",
    task: "make-thread",
    edit: replaced("|CLONE_SIGHAND", ""),
    reason: /does not make a thread .*EINVAL/,
  },
  {
    name: "a process instead of a thread",
    task: "make-thread",
    edit: replaced("|CLONE_THREAD", "|SIGCHLD"),
    reason: /got a process/,
  },
  {
    name: "too many flags",
    task: "make-thread",
    edit: (key) =>
      key.includes("CLONE_FS")
        ? key.replace("|CLONE_FS", "")
        : key.replace("clone = ", "clone = CLONE_FS|"),
    reason: /its working folder/,
  },
  {
    name: "the stub goes on without its prctl",
    task: "early-attach",
    edit: (_, text) =>
      Number(/ after (\d+) instructions/.exec(text)?.[1]) < 4
        ? "rip = SYSCALL\nrax = SYS_kill\nrdi = STUB\nrsi = SIGSTOP\nrbx = 0\nr15 = PARENT\n"
        : undefined,
    reason: /never asked for a death signal/,
  },
  {
    name: "R15 is not repaired",
    task: "early-attach",
    edit: (_, text) => (text.includes("R15 has been") ? "rip = BEGIN\n" : undefined),
    reason: /its parent is not the process whose pid is in R15/,
  },
  {
    name: "stops are not asked for",
    task: "wait-options",
    edit: (key) => (key.includes("WNOHANG") ? undefined : key.replace("WUNTRACED", "0")),
    reason: /wait4 waits for ever/,
  },
  {
    name: "stops are not asked for, without blocking",
    task: "wait-options",
    edit: (key) => (key.includes("WNOHANG") ? key.replace("WUNTRACED", "0") : undefined),
    reason: /WNOHANG only keeps wait4 from blocking/,
  },
  {
    name: "children of another exit signal",
    task: "wait-options",
    edit: replaced("|__WALL", ""),
    reason: /wait4 finds no such child/,
  },
  {
    name: "an unknown bit",
    task: "wait-options",
    edit: (key) => key.replace("options = ", "options = 0x100|"),
    reason: /unknown to wait4/,
  },
  {
    name: "blocked once more",
    task: "unblock-signal",
    edit: replaced("SIG_UNBLOCK", "SIG_BLOCK"),
    reason: /is still blocked/,
  },
  {
    name: "everything is unblocked",
    task: "unblock-signal",
    edit: (key) => key.replace("SIG_UNBLOCK", "SIG_SETMASK").replace(/set = .*/, "set = 0"),
    reason: /other signals must stay as they were/,
  },
  {
    name: "a call that changes nothing",
    task: "out-of-reach",
    edit: body("rax = SYS_getpgrp\n"),
    reason: /the (session|group) is not as asked/,
  },
  {
    name: "the wrong end of the guest",
    task: "trace-options",
    edit: (key) => {
      const without = key.replace(/PTRACE_O_EXITKILL\|?/, "").replace("= \n", "= 0\n");
      return without === key ? key.replace("options = ", "options = PTRACE_O_EXITKILL|") : without;
    },
    reason: /nothing ends a guest|the kernel has killed it/,
  },
  {
    name: "the wrong stops",
    task: "trace-options",
    edit: (key) => {
      const without = key.replace(/\|?PTRACE_O_TRACESYSGOOD/, "").replace("= \n", "= 0\n");
      return without === key
        ? key.replace("options = ", "options = PTRACE_O_TRACESYSGOOD|")
        : without;
    },
    reason: /distinguish|plain SIGTRAP/,
  },
  {
    name: "the signature is missing",
    task: "rseq-area",
    edit: without(/^r10.*\n/m),
    reason: /rseq returned -EPERM/,
  },
  {
    name: "the flag is missing",
    task: "rseq-area",
    edit: without(/^rdx.*\n/m),
    reason: /rseq returned -EBUSY/,
  },
  {
    name: "another signal at the end",
    task: "exit-signal",
    edit: body("clone = CLONE_FILES|SIGWINCH\n"),
    reason: /exit signal of the child is another/,
  },
  {
    name: "a step that does not exist",
    task: "find-step",
    edit: body("step = 9999\n"),
    reason: /the number is not that of a step/,
  },
  {
    name: "another step",
    task: "find-step",
    edit: body("step = 1\n"),
    reason: /this step is "/,
  },
];

/** For each damage of the stub code, what the reason says if it is handed in as it is. */
export const DAMAGE_REASONS: readonly RegExp[] = [
  /the new stub: expected has stopped itself, got exited with status 99/,
  /outlives its parent/,
  /the orphan: expected exited with status 1, got has stopped itself/,
  /takes itself for an orphan/,
  /the orphan: expected exited with status 1, got exited with status 0/,
  /must come to an INT3/,
  /without having stopped itself/,
  /kill with these arguments is not permitted/,
  /met the INT3 instead of starting over/,
  /does not come back to its tracer at an INT3/,
  /without end/,
  /met the INT3/,
];

/** The number of the damage that a student is to repair. */
export function damageOf(student: string): number {
  const text = assignment("repair-stub", student);
  return DAMAGES.findIndex(([right, wrong]) => {
    const repaired = exerciseFor("repair-stub", student);
    return "key" in repaired && text.endsWith(repaired.key.replace(right, wrong));
  });
}

/** Answers that do harm, as assembly for "repair-stub". */
export const HOSTILE: Readonly<Record<string, string>> = {
  "a fork bomb": "mov $SYS_fork, %eax; syscall; jmp begin",
  "a bomb of threads":
    "mov $SYS_clone, %eax; mov $CLONE_VM|CLONE_SIGHAND|CLONE_THREAD, %edi; syscall; jmp begin",
  "children that nobody traces":
    "mov $SYS_clone, %eax; mov $CLONE_UNTRACED|SIGCHLD, %edi; syscall; jmp begin",
  "kill(-1, SIGKILL)": "mov $SYS_kill, %eax; mov $-1, %rdi; mov $SIGKILL, %esi; syscall; hlt",
  "kill(0, SIGKILL)": "mov $SYS_kill, %eax; xor %edi, %edi; mov $SIGKILL, %esi; syscall; hlt",
  "the death of its parent":
    "mov $SYS_getppid, %eax; syscall; mov %rax, %rdi; mov $SYS_kill, %eax; mov $SIGKILL, %esi; syscall; hlt",
  "an endless loop": "jmp begin",
  "a loop of one instruction": "xor %eax, %eax; test %eax, %eax; here: je here; hlt",
  "an endless sleep": "mov $SYS_pause, %eax; syscall; hlt",
  "writes everywhere": "xor %edi, %edi; here: mov %rax, (%rdi); add $4096, %rdi; jmp here",
  "an empty address space":
    "mov $SYS_munmap, %eax; xor %edi, %edi; mov $0x7ffffffff000, %rsi; syscall; hlt",
  "all memory":
    "mov $SYS_mmap, %eax; xor %edi, %edi; mov $0x100000000, %rsi; mov $PROT_READ|PROT_WRITE, %edx; " +
    "mov $MAP_PRIVATE|MAP_ANONYMOUS|MAP_POPULATE, %r10; mov $-1, %r8; syscall; hlt",
  "another program": "mov $SYS_execve, %eax; syscall; hlt",
  "a tracer": "mov $SYS_ptrace, %eax; mov $PTRACE_ATTACH, %edi; mov $2, %esi; syscall; hlt",
  "a forged frame": "mov $SYS_rt_sigreturn, %eax; syscall; jmp begin",
  "its own code rewritten":
    "mov $SYS_mprotect, %eax; mov $0x200000, %edi; mov $4096, %esi; mov $PROT_READ|PROT_WRITE|PROT_EXEC, %edx; syscall; hlt",
};

/** The file of a hostile answer. */
export function hostileAnswer(code: string): string {
  const lines = code.split("; ").map((line) => `    ${line}\n`);
  return `task = repair-stub\nstudent = eve\ncode:\nbegin:\ncall:\n${lines.join("")}`;
}
