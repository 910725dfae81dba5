// What a task can do at a step.
//
//     kind            target  a        b
//
//     FORK                    flags    exit signal   clone(2); CLONE_THREAD stands for all flags of a thread
//     EXIT EXIT_GROUP         status
//     KILL_PROCESS    task    signal                 kill(pid)
//     KILL_GROUP      group   signal                 kill(-pid)
//     TGKILL          task    signal
//     WAIT4 WAITID    task    options                NOBODY: any child
//     WAIT4_GROUP …   group   options
//     SET_PDEATHSIG           signal
//     SET_SUBREAPER           whether
//     SETSID
//     SETPGID         task    group
//     SIGPROCMASK             set                    SIG_SETMASK; bit n is signal n
//     SIGACTION               signal   whether       SIG_IGN or SIG_DFL
//     PTRACE          task    request  data
//     EXEC                                           of a program that goes on as this one
//
// The actor NOBODY is outside: it sends signals.

export const FORK: u32 = 0;
export const EXIT: u32 = 1;
export const EXIT_GROUP: u32 = 2;
export const KILL_PROCESS: u32 = 3;
export const KILL_GROUP: u32 = 4;
export const TGKILL: u32 = 5;
export const WAIT4: u32 = 6;
export const WAIT4_GROUP: u32 = 7;
export const WAITID: u32 = 8;
export const WAITID_GROUP: u32 = 9;
export const SET_PDEATHSIG: u32 = 10;
export const SET_SUBREAPER: u32 = 11;
export const SETSID: u32 = 12;
export const SETPGID: u32 = 13;
export const SIGPROCMASK: u32 = 14;
export const SIGACTION: u32 = 15;
export const PTRACE: u32 = 16;
export const EXEC: u32 = 17;
export const KINDS: u32 = 18;
/** What changes no task: nothing, a comparison of the parent with R15, and a call such as getpid. */
export const NO_CALL: u32 = 0xff;
export const COMPARES: u32 = 0xfe;
export const CALLS: u32 = 0xfd;

@unmanaged
export class Action {
  actor: u8;
  kind: u8;
  target: u8;
  unused: u8;
  a: u32;
  b: u32;
}

/** The action of the next step. */
export const action: Action = changetype<Action>(memory.data(12, 4));
