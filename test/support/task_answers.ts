/* Answers to tasks: right ones, and ones that are wrong in a known way. */

import { CODE } from "../../src/labs/record/tasks/exercises/code.ts";
import { keyOf } from "../../src/labs/record/tasks/grade.ts";
import { assignment, exerciseFor } from "../../src/labs/record/tasks/submission.ts";

/** A right answer of a student. */
export async function rightAnswer(task: string, student: string): Promise<string> {
  return assignment(task, student, { key: await keyOf(exerciseFor(task, student)) });
}

/** The file as it is handed out. */
export function unedited(task: string, student: string): string {
  return assignment(task, student);
}

/** A way to be wrong. */
export type Mistake = readonly [
  name: string,
  /** Makes a right answer wrong; undefined if that is no mistake in this variant. */
  edit: (key: string, assigned: string) => string | undefined,
  /** What the reason must say. */
  reason: RegExp,
];

const replaced = (from: RegExp | string, to: string) => (key: string) => {
  const edited = key.replace(from, to);
  return edited === key ? undefined : edited;
};
const body = (text: string) => () => text;

/** Mistakes by task. */
export const MISTAKES: Readonly<Record<string, readonly Mistake[]>> = {
  "clone-registers": [
    ["RBX is not 1", replaced(/^rbx.*\n/m, ""), /met the INT3 instead of starting over/],
    [
      "R15 is not the parent",
      replaced(/^r15.*\n/m, ""),
      /its parent is not the process whose pid is in R15/,
    ],
    [
      "another exit signal",
      replaced(/SIG\w+/, "SIGWINCH"),
      /lowest byte of the clone word is wrong/,
    ],
    [
      "files are not shared",
      replaced("CLONE_FILES|", ""),
      /its file table: expected shared, got its own/,
    ],
    [
      "memory is shared",
      replaced("CLONE_FILES", "CLONE_FILES|CLONE_VM"),
      /its memory: expected its own, got shared/,
    ],
    [
      "a sibling, not a child",
      replaced("CLONE_FILES", "CLONE_FILES|CLONE_PARENT"),
      /no child of this stub/,
    ],
    [
      "a forbidden selector",
      (key) => `${key}cs = 0x10\n`,
      /the kernel refuses these registers .*EIO/,
    ],
    ["another call", replaced("SYS_clone", "SYS_getpid"), /RAX selects the system call/],
    ["RIP is nowhere", (key) => `${key}rip = 0x1234\n`, /got raised SIGSEGV at 0x1234/],
    ["a segment for code of 32 bits", (key) => `${key}cs = 0x23\n`, /got raised SIG(SEGV|ILL)/],
  ],
  "failing-call": [
    ["a call that succeeds", body("rax = SYS_getpid\n"), /getpid does not fail with E/],
    [
      "a result without a call",
      body("rax = -9\nrip = SYSCALL + 8\n"),
      /RIP does not lead to a SYSCALL/,
    ],
    [
      "the result in place of the number",
      body("rax = -EBADF\n"),
      /^RAX is the number of a call at the SYSCALL, and system call -9 is unknown/,
    ],
    [
      "a call that is refused",
      body("rax = SYS_open\n"),
      /^answers must not call open like this: it could/,
    ],
    ["a call that does not return", body("rax = SYS_pause\n"), /does not return from pause/],
    ["a call that ends the stub", body("rax = SYS_exit\nrdi = 3\n"), /got exited with status 3/],
  ],
  "forced-restart": [
    [
      "no call under way",
      replaced(/orig_rax = .*/, "orig_rax = -1"),
      /has not moved RIP back by two bytes/,
    ],
    [
      "another call under way",
      (key) =>
        key.includes("RESTARTBLOCK")
          ? undefined
          : key.replace(/orig_rax = .*/, "orig_rax = SYS_sched_yield"),
      /orig_rax selects the call/,
    ],
    [
      "RIP is at the SYSCALL already",
      replaced("SYSCALL + 2", "SYSCALL"),
      /RIP must not lead to the SYSCALL/,
    ],
  ],
  "no-restart": [
    [
      "a stale orig_rax",
      replaced("orig_rax = -1", "orig_rax = SYS_kill"),
      /has restarted a call|does not come to its INT3/,
    ],
  ],
  "one-page": [
    [
      "the stub code is unmapped, too",
      body("munmap1 = 0, PAGE + 4096\n"),
      /page of the stub code is gone/,
    ],
    ["a range is forgotten", replaced(/^munmap2.*\n/m, ""), /other pages than the two are left/],
    [
      "an address within a page",
      replaced("munmap1 = 0,", "munmap1 = 1,"),
      /munmap1: expected 0, got -EINVAL/,
    ],
  ],
  "guest-code": [
    ["another argument", replaced(/mov \$\d+, %edi/, "mov $1, %edi"), /the argument is another/],
    [
      "another fault",
      replaced("mov (%rax), %rbx", "mov 4096(%rax), %rbx"),
      /the guest does something else .*got raised SIGSEGV/,
    ],
    [
      "another call first",
      (key) => `    mov $SYS_getuid, %eax\n    syscall\n${key}`,
      /another event comes first/,
    ],
  ],
  "parent-dies": [
    [
      "too late or too early",
      (key) => key.replace(/\d+/, (text) => (text === "4" ? "1" : "9")),
      /at another moment than you think|too late or too early/,
    ],
    [
      "not the limit",
      (key, text) =>
        text.includes("latest")
          ? key.replace("3", "2")
          : text.includes("earliest")
            ? key.replace("4", "5")
            : undefined,
      /it is not the (latest|earliest) moment/,
    ],
  ],
  "make-thread": [
    [
      "CLONE_THREAD without CLONE_SIGHAND",
      replaced("|CLONE_SIGHAND", ""),
      /does not make a thread .*EINVAL/,
    ],
    ["a process instead of a thread", replaced("|CLONE_THREAD", "|SIGCHLD"), /got a process/],
    [
      "too many flags",
      (key) =>
        key.includes("CLONE_FS")
          ? key.replace("|CLONE_FS", "")
          : key.replace("clone = ", "clone = CLONE_FS|"),
      /its working folder/,
    ],
  ],
  "early-attach": [
    [
      "the stub goes on without its prctl",
      (_, text) =>
        Number(/ after (\d+) instructions/.exec(text)?.[1]) < 4
          ? "rip = SYSCALL\nrax = SYS_kill\nrdi = STUB\nrsi = SIGSTOP\nrbx = 0\nr15 = PARENT\n"
          : undefined,
      /never asked for a death signal/,
    ],
    [
      "R15 is not repaired",
      (_, text) => (text.includes("R15 has been") ? "rip = BEGIN\n" : undefined),
      /its parent is not the process whose pid is in R15/,
    ],
  ],
  "wait-options": [
    [
      "stops are not asked for",
      (key) => (key.includes("WNOHANG") ? undefined : key.replace("WUNTRACED", "0")),
      /wait4 waits for ever/,
    ],
    [
      "stops are not asked for, without blocking",
      (key) => (key.includes("WNOHANG") ? key.replace("WUNTRACED", "0") : undefined),
      /WNOHANG only keeps wait4 from blocking/,
    ],
    ["children of another exit signal", replaced("|__WALL", ""), /wait4 finds no such child/],
    ["an unknown bit", (key) => key.replace("options = ", "options = 0x100|"), /unknown to wait4/],
  ],
  "unblock-signal": [
    ["blocked once more", replaced("SIG_UNBLOCK", "SIG_BLOCK"), /is still blocked/],
    [
      "everything is unblocked",
      (key) => key.replace("SIG_UNBLOCK", "SIG_SETMASK").replace(/set = .*/, "set = 0"),
      /other signals must stay as they were/,
    ],
  ],
  "out-of-reach": [
    [
      "a call that changes nothing",
      body("rax = SYS_getpgrp\n"),
      /the (session|group) is not as asked/,
    ],
  ],
  "trace-options": [
    [
      "the wrong end of the guest",
      (key) => {
        const without = key.replace(/PTRACE_O_EXITKILL\|?/, "").replace("= \n", "= 0\n");
        return without === key
          ? key.replace("options = ", "options = PTRACE_O_EXITKILL|")
          : without;
      },
      /nothing ends a guest|the kernel has killed it/,
    ],
    [
      "the wrong stops",
      (key) => {
        const without = key.replace(/\|?PTRACE_O_TRACESYSGOOD/, "").replace("= \n", "= 0\n");
        return without === key
          ? key.replace("options = ", "options = PTRACE_O_TRACESYSGOOD|")
          : without;
      },
      /distinguish|plain SIGTRAP/,
    ],
  ],
  "rseq-area": [
    ["the signature is missing", replaced(/^r10.*\n/m, ""), /rseq returned -EPERM/],
    ["the flag is missing", replaced(/^rdx.*\n/m, ""), /rseq returned -EBUSY/],
  ],
  "exit-signal": [
    [
      "another signal at the end",
      body("clone = CLONE_FILES|SIGWINCH\n"),
      /exit signal of the child is another/,
    ],
  ],
  "find-step": [
    ["a step that does not exist", body("step = 9999\n"), /the number is not that of a step/],
    ["another step", body("step = 1\n"), /this step is "/],
  ],
};

/** For each damage of the stub code, what the reason says if it is handed in as it is. */
export const DAMAGE_REASONS: readonly RegExp[] = [
  /the new stub: expected has stopped itself, got exited with status 99/,
  /outlives its parent/,
  /the orphan: expected exited with status 1, got has stopped itself/,
  /takes itself for an orphan/,
  /the orphan: expected exited with status 1, got exited with status 0/,
  /must come to an INT3/,
  /without having stopped itself/,
  /answers must not call kill like this/,
  /met the INT3 instead of starting over/,
  /does not come back to its tracer at an INT3/,
  /without end/,
  /met the INT3/,
];

/** The number of the damage that a student is to repair. */
export function damageOf(student: string): number {
  const [part] = exerciseFor("repair-stub", student).parts ?? [];
  return CODE.DAMAGES.findIndex(([each]) => each === part);
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
