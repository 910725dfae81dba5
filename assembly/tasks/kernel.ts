// States and flags of the kernel, by its names.

/** exit_state, include/linux/sched.h; GONE: the task was released, or is not born yet. */
export const ALIVE: u8 = 0;
export const ZOMBIE: u8 = 1;
export const DEAD: u8 = 2;
export const TRACE: u8 = 3;
export const GONE: u8 = 4;

/** Where a task continues when it runs next. */
export const AT_REST: u8 = 0; // in the call in which it awaits its next action
export const IN_WAIT: u8 = 1; // do_wait
export const IN_SIGNAL_STOP: u8 = 2; // ptrace_signal
export const IN_TRAP: u8 = 3; // do_jobctl_trap
export const IN_EVENT: u8 = 4; // ptrace_event at the end of a call
export const IN_EXIT_EVENT: u8 = 5; // ptrace_event in do_exit
export const IN_GROUP_STOP: u8 = 6; // do_signal_stop
export const AT_ENTRY: u8 = 7; // ptrace_report_syscall_entry
export const AT_EXIT: u8 = 8; // ptrace_report_syscall_exit
export const IN_VFORK_EVENT: u8 = 9; // ptrace_event of a clone that is to wait
export const IN_VFORK: u8 = 10; // wait_for_vfork_done
export const IN_EXIT: u8 = 12; // do_exit, after exit_mm
export const IN_EXEC: u8 = 14; // de_thread
export const AFTER_CALL: u8 = 11; // syscall_exit_to_user_mode

/** ptrace: PT_PTRACED, PT_SEIZED, and options from PT_OPTIONS on (include/linux/ptrace.h has other numbers). */
export const PT_PTRACED: u32 = 1;
export const PT_SEIZED: u32 = 2;
export const PT_OPTIONS: u32 = 8;

/** jobctl, include/linux/sched/jobctl.h. */
export const STOP_SIGMASK: u32 = 0xffff;
export const STOP_DEQUEUED: u32 = 1 << 16;
export const STOP_PENDING: u32 = 1 << 17;
export const STOP_CONSUME: u32 = 1 << 18;
export const TRAP_STOP: u32 = 1 << 19;
export const TRAP_NOTIFY: u32 = 1 << 20;
export const LISTENING: u32 = 1 << 22;
export const STOPPED: u32 = 1 << 26;
export const TRACED: u32 = 1 << 27;
export const TRAP_MASK: u32 = TRAP_STOP | TRAP_NOTIFY;
export const PENDING_MASK: u32 = STOP_PENDING | TRAP_MASK;

/** signal->flags, include/linux/sched/signal.h. */
export const STOP_STOPPED: u32 = 1;
export const STOP_CONTINUED: u32 = 2;
export const GROUP_EXIT: u32 = 4;
export const CLD_STOPPED_DUE: u32 = 0x10;
export const CLD_CONTINUED_DUE: u32 = 0x20;
export const CLD_MASK: u32 = CLD_STOPPED_DUE | CLD_CONTINUED_DUE;
export const STOP_FLAGS: u32 = CLD_MASK | STOP_STOPPED | STOP_CONTINUED;
