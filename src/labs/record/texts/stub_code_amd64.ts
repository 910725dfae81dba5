import type { Reason } from "../recorder.ts";

/** Of a jump to `fail` after a call that returns a pid. */
const SUCCEEDED = {
  passed: "It is not negative: the call has succeeded.",
  taken: "It is negative: the call has failed, and `fail` exits with the errno.",
};

/** Why each instruction of shim/core/amd64/stub.S is there, by the label before it and its position after the label. */
export const STUB_CODE_REASONS: Readonly<Record<string, readonly Reason[]>> = {
  stublab_stub_begin: [
    "The number of a system call goes into RAX, and this one is prctl's.",
    "Its first argument, in RDI: PR_SET_PDEATHSIG, which asks for a signal at the end of the parent.",
    "Its second argument, in RSI: that signal is SIGKILL. A stub whose parent is gone has no purpose, and must not " +
      "live on.",
    "From now on the kernel kills the stub when the thread that cloned it ends.",
    "Did the call succeed? It leaves 0, or a negative errno, in RAX.",
    {
      passed:
        "It is 0: the stub continues. After an error it would jump to `fail`, and exit with the errno.",
      taken: "It is not 0, so the prctl has failed: `fail` exits with the errno.",
    },
    "The parent may have died before the prctl, and then no signal is sent. So the stub asks for the pid of its " +
      "parent.",
    "The exit status of an orphan is 1. It is loaded here, before it is known whether it will be needed: getppid has no " +
      "arguments, and a SYSCALL keeps RDI.",
    "If a parent dies, its children get another one: the nearest ancestor that adopts orphans (a child subreaper, see " +
      "prctl(2)), or init. The result is the parent at this moment.",
    "A test for an errno. getppid itself never fails, but a seccomp filter can make it fail.",
    SUCCEEDED,
    "R15 holds the pid that the parent must have. The set-up of the first stub puts it there; a cloned stub gets it with " +
      "the registers of its parent. So the stub code needs no memory for it.",
    {
      passed:
        "The two are equal: the parent is the expected one, and the jump is not taken. Otherwise the expected parent would " +
        "have died before the prctl, and the stub, an orphan, would exit with 1.",
      taken:
        "The two differ: the expected parent died before the prctl. The stub is an orphan, and exits with 1.",
    },
    "To stop itself the stub needs its own pid.",
    "RBX = 0, because the instruction after the kill compares RBX with 1. In the child of an injected clone it was 1 " +
      "until now.",
    "Its pid is one thing that a clone cannot put into a register beforehand: it is new.",
    "The same test as before.",
    SUCCEEDED,
    "The first argument of kill: this process itself.",
    "The number of kill.",
    "The second argument: SIGSTOP, which cannot be blocked, caught or ignored.",
  ],
  stublab_stub_syscall: [
    "The one SYSCALL that all injected calls are executed by, later. Here it is the stub's own: kill(getpid(), " +
      "SIGSTOP). It stops itself, so that its parent can wait until it is ready.",
    "Was this an injected clone? The tracer sets RBX to 1 for a clone, and leaves it 0 for any other call.",
    {
      passed: "RBX is not 1: it was another call, and the INT3 is next.",
      taken:
        "RBX is 1: it was a clone, which has returned in two processes. `cloned` tells them apart.",
    },
  ],
  trap: [
    "Nothing is left to do. INT3 raises SIGTRAP, which stops the stub for its tracer: here it rests between two " +
      "injected calls.",
  ],
  stublab_stub_rest: [
    "RIP rests here, after the INT3. A stub that is resumed without a call to execute stops here again.",
  ],
  cloned: [
    "A clone returns twice: with the child's pid in the parent, with 0 in the child.",
    {
      passed: "RAX is not 0: this is the parent, which continues. Only the child jumps.",
      taken: "RAX is 0: this is the child, a new stub. It begins at the beginning.",
    },
    "The parent goes to the INT3, with the child's pid in RAX.",
  ],
  fail: ["RAX is a negative errno. This makes it positive.", "The argument of exit."],
  leave: [
    "The number of exit.",
    "The stub ends before a tracer has attached to it. The kernel notifies its parent.",
    "Never reached: exit does not return. If it did, HLT would raise SIGSEGV, and not execute what follows.",
  ],
};
