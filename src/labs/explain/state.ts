// What a thread does: it runs, sleeps, is stopped, and by what; or it has ended, and which process has to wait for it.

import type { CompleteEncoder } from "../../core/encoder/abi.ts";
import { signalName, syscallName } from "../../core/encoder/names.ts";
import { defaultAction, explainWord, reportOf } from "./status_word.ts";
import type { Call, Named, Task } from "./task.ts";
import { type Cause, cause } from "./texts.ts";

/**
 * The kernel's function that waits, or that called ptrace_stop, and what it waits for; each by its names from Linux 5.10
 * on. The innermost function decides: get_signal calls do_exit for a signal that kills.
 */
const FUNCTIONS: readonly [names: RegExp, id: string][] = [
  [/^(__)?seccomp_/, "event-seccomp"],
  [/^syscall_trace_enter|^syscall_enter/, "syscall-entry"],
  [/^syscall_(trace_exit|exit_work|exit_to_user)/, "syscall-exit"],
  [/^do_exit$/, "event-exit"],
  [/^kernel_clone$/, "event-fork"],
  [/^(bprm_execve|exec_binprm|search_binary_handler|do_execveat_common)/, "event-exec"],
  [/^do_jobctl_trap$/, "trap-stop"],
  [/^(get_signal|ptrace_signal|do_signal)$/, "signal-delivery"],
];

/** Those in which a thread waits that is not traced, or is in no ptrace stop. */
const WAITS: readonly [names: RegExp, id: string][] = [
  [/^de_thread$|^(begin_new|flush_old)_exec$/, "exec-waits"],
  [/^wait_for_vfork_done$|^kernel_clone$/, "vfork-waits"],
  [/^do_freezer_trap$|^__refrigerator$/, "frozen"],
];

/** The signals that stop a process: SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU. */
const GROUP_STOPS = [19, 20, 21, 22];

const CLONE_VFORK = 0x4000n;
const CSIGNAL = 0xffn;
const SIGCHLD = 17n;

const has = (set: bigint, signal: number): boolean => ((set >> BigInt(signal - 1)) & 1n) === 1n;

export function nameOf({ pid, tid, name }: Named): string {
  if (pid === 0) return "none in this pid namespace";
  return `${tid === pid ? "" : `thread ${tid} of `}${pid} (${name})`;
}

/** A call as text; its words are those of registers, of which it may use fewer. */
export function callText(call: Call | undefined, { constants }: CompleteEncoder): string {
  if (call === undefined) return "a system call that /proc does not show";
  const { number, words, pc } = call;
  if (number < 0) return `its own code at 0x${pc.toString(16)}`;
  const name = syscallName(BigInt(number), constants) ?? `call ${number}`;
  const shown = words.slice(0, 3).map((word) => `0x${word.toString(16)}`);
  return `${name}(${shown.join(", ")}, …)`;
}

type Texts = Record<string, string>;

/** What a thread does. */
export function stateOf(task: Task, encoder: CompleteEncoder): Cause {
  const { state, tid, tracer, isKernelThread, exitCode } = task;
  const values = { pid: `${tid}`, call: callText(task.call, encoder), others: othersOf(task) };
  if (isKernelThread) return cause("kernel-thread");
  if (state === "R") return cause("running");
  if ("ZX".includes(state)) return ended(task, encoder, values);
  if (state === "t" || (state === "T" && tracer !== undefined))
    return traced(task, encoder, values);
  if (state === "T")
    return cause("stopped", {
      ...values,
      signal: signalText(groupStop(task) || exitCode, encoder),
    });
  const [found, id] = innermost(task.functions, WAITS);
  const file = `/proc/${tid}/${task.hasStack ? "stack" : "wchan"}`;
  if (id !== undefined) return cause(id, values, `${file}: ${found}`);
  return cause(state === "D" ? "uninterruptible" : "sleeping", values);
}

/** The signal by which all threads of a process are stopped; 0 if they are not. */
function groupStop({ groupCode = 0 }: Task): number {
  return GROUP_STOPS.includes(groupCode) ? groupCode : 0;
}

const signalText = (signal: number, { constants }: CompleteEncoder): string =>
  signal === 0 ? "a signal" : signalName(signal, constants);

function innermost(
  functions: readonly string[],
  table: typeof WAITS,
): [found: string | undefined, id: string | undefined] {
  for (const name of functions) {
    const row = table.find(([names]) => names.test(name));
    if (row !== undefined) return [name, row[1]];
  }
  return [undefined, undefined];
}

/** A stop that the tracer has not yet waited for is its exit code; of one that it has, only the kernel's stack is left. */
function traced(task: Task, encoder: CompleteEncoder, texts: Texts): Cause {
  const { tid, exitCode, groupCode } = task;
  const [found, place] = placeOf(task);
  const stack = `/proc/${tid}/stack: ${found}`;
  const ending = groupCode ? `: ${wordText(groupCode, encoder)}` : "";
  const values = { ...texts, way: wayOf(task), status: ending, action: UNKNOWN_ACTION };
  const signal = signalText(groupStop(task), encoder);
  if (exitCode !== 0) {
    const report = reportOf((exitCode << 8) | 0x7f, encoder);
    const action = actionOf(task, report.value, report.values.signal);
    const id = narrowed(report.id, place, task);
    const code = `exit code 0x${exitCode.toString(16)}, which its tracer has not waited for`;
    const by = id === report.id ? code : `${code}; ${stack}`;
    return cause(id, { ...values, ...report.values, action }, by);
  }
  switch (place) {
    case undefined:
      return cause("traced-stop", values);
    case "event-fork":
      return cause(forkOf(task.call, encoder), values, stack);
    case "trap-stop": {
      const id = groupCode === undefined ? place : "event-stop";
      return cause(groupStop(task) === 0 ? id : "group-stop", { ...values, signal }, stack);
    }
    case "signal-delivery": {
      // Of a tracee that was not seized, a group-stop has the same stack.
      const id = groupStop(task) === 0 ? place : "group-stop-or-signal";
      return cause(id, { ...values, signal }, stack);
    }
    default:
      return cause(place, values, stack);
  }
}

const UNKNOWN_ACTION = "its handler runs, or its default action is taken";

const wordText = (word: number, encoder: CompleteEncoder): string =>
  explainWord(word, encoder).stop.text;

/** The exception that was on its way back to the program: most signals of instructions come from one. */
function wayOf({ functions }: Task): string {
  const [, name] = /^(?:asm_exc_|el0_(?!svc|interrupt))(\w+)/m.exec(functions.join("\n")) ?? [];
  return name === undefined ? "" : `, at the end of the exception ${name}`;
}

/** The kernel's function that called ptrace_stop, and the id of that stop. */
function placeOf({ functions }: Task): [found: string | undefined, id: string | undefined] {
  const [found, id] = innermost(functions, FUNCTIONS);
  // do_jobctl_trap may be inlined; a signal's stop does not notify.
  const isTrap = id === "signal-delivery" && functions.includes("ptrace_do_notify");
  return isTrap ? [found, "trap-stop"] : [found, id];
}

/** Some codes stand for several stops, which the stack tells apart. */
function narrowed(id: string, place: string | undefined, task: Task): string {
  const isCall = id === "syscall" || id === "signal-trap";
  if (isCall && place?.startsWith("syscall-")) return place;
  if (id !== "stop-signal") return id;
  if (groupStop(task) !== 0) return "group-stop";
  return task.groupCode === undefined ? id : "signal-delivery";
}

function actionOf({ caught, ignored }: Task, signal: number, name = ""): string {
  if (has(caught, signal)) return "its handler runs";
  return has(ignored, signal) ? "it ignores it" : defaultAction(name);
}

/** The event of a call that makes a process: kernel_clone in the kernel's kernel/fork.c. */
function forkOf(call: Call | undefined, { constants }: CompleteEncoder): string {
  const name = call && syscallName(BigInt(call.number), constants);
  if (name === "fork") return "event-fork";
  const flags = name === "clone" ? (call?.words[0] ?? 0n) : 0n;
  if (name === "vfork" || (flags & CLONE_VFORK) !== 0n) return "event-vfork-any";
  return name === "clone" && (flags & CSIGNAL) === SIGCHLD ? "event-fork" : "event-clone";
}

function othersOf({ threads, tid }: Task): string {
  const others = threads.filter((each) => each.tid !== tid);
  const shown = others.slice(0, 3).map((each) => `${each.tid} (${each.state})`);
  const more = others.length > 3 ? ` and ${others.length - 3} more` : "";
  return shown.length === 0 ? "none that /proc shows" : `${shown.join(", ")}${more}`;
}

function ended(task: Task, encoder: CompleteEncoder, values: Texts): Cause {
  const { tid, pid, threads, tracer, parent, exitCode, isReadable } = task;
  if (tid === pid && threads.some((each) => each.tid !== tid && !"ZX".includes(each.state)))
    return cause("zombie-leader", values);
  const status = isReadable ? wordText(exitCode, encoder) : "its status is not shown to this user";
  const named = { status, parent: nameOf(parent), tracer: tracer ? nameOf(tracer) : "" };
  const isApart = tracer !== undefined && tracer.pid !== parent.pid;
  return cause(isApart ? "zombie-traced" : "zombie", named);
}
