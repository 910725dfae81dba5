// What a thread does: it runs, sleeps, is stopped, and by what; or it has ended, and which process has to wait for it.

import type { CompleteEncoder } from "../../core/encoder/abi.ts";
import { signalName, syscallName } from "../../core/encoder/names.ts";
import { type Cause, cause, recognise } from "./cause.ts";
import { defaultAction, explainWord, reportOf, STOPPING } from "./status_word.ts";
import { type Call, nameOf, type Task } from "./task.ts";

const CLONE_VFORK = 0x4000n;
const CSIGNAL = 0xffn;
const SIGCHLD = 17n;

type Texts = Record<string, string>;

/** What a thread does. */
export function stateOf(task: Task, encoder: CompleteEncoder): Cause {
  const { state, tid, tracer, isKernelThread } = task;
  const values = { pid: `${tid}`, call: callText(task.call, encoder), others: othersOf(task) };
  if (isKernelThread) return cause("kernel-thread");
  if (state === "R") return cause("running");
  if ("ZX".includes(state)) return ended(task, encoder, values);
  if (state === "t" || (state === "T" && tracer !== undefined))
    return traced(task, encoder, values);
  if (state === "T")
    return cause("stopped", { ...values, signal: signalText(groupStop(task), encoder) });
  if (task.isDumping) return dumping(task, encoder, values);
  if (task.freezer !== undefined) return cause("frozen", values, task.freezer);
  if (task.isRingThread) return cause("ring-thread");
  const { word, id } = waitOf(task);
  const file = task.hasStack ? "stack" : "wchan";
  if (id !== undefined) return cause(id, values, `/proc/${tid}/${file}: ${word}`);
  return cause(state === "D" ? "uninterruptible" : "sleeping", values);
}

/** A frozen task, and no other that sleeps, has been put to sleep by get_signal itself. */
function waitOf({ functions }: Task): ReturnType<typeof recognise> {
  if (functions[0] === "get_signal") return { word: functions[0], id: "frozen" };
  return recognise("waits", functions);
}

function dumping({ tid, groupCode }: Task, encoder: CompleteEncoder, values: Texts): Cause {
  const status = groupCode === undefined ? "" : `: ${explainWord(groupCode, encoder).stop.text}`;
  return cause("core-dump", { ...values, status }, `/proc/${tid}/status: CoreDumping`);
}

/** A call as text; its words are those of registers, of which it may use fewer. */
function callText(call: Call | undefined, { constants }: CompleteEncoder): string {
  if (call === undefined) return "a system call that /proc does not show";
  if (call.number < 0) return `its own code at 0x${call.pc.toString(16)}`;
  const name = syscallName(BigInt(call.number), constants) ?? `call ${call.number}`;
  return `${name}(${call.words.map((word) => `0x${word.toString(16)}, `).join("")}…)`;
}

const signalText = (signal: number, { constants }: CompleteEncoder): string =>
  signal === 0 ? "a signal" : signalName(signal, constants);

/** The signal by which all threads of a process are stopped; 0 if they are not, or that is not shown. */
const groupStop = ({ groupCode = 0 }: Task): number =>
  STOPPING.includes(groupCode) ? groupCode : 0;

/** A stop that the tracer has not yet waited for is its exit code; of one that it has, only the kernel's stack is left. */
function traced(task: Task, encoder: CompleteEncoder, texts: Texts): Cause {
  const { tid, exitCode, groupCode } = task;
  const { word, id: place } = placeOf(task);
  const stack = `/proc/${tid}/stack: ${word}`;
  const isGroup = groupStop(task) !== 0;
  const ending = groupCode && !isGroup ? `: ${explainWord(groupCode, encoder).stop.text}` : "";
  const signal = signalText(groupStop(task), encoder);
  const action = "its handler runs, or its default action is taken";
  const values = { ...texts, signal, action, way: wayOf(task), status: ending };
  if (exitCode !== 0) {
    const report = reportOf((exitCode << 8) | 0x7f, encoder);
    const known = { ...values, ...report.values, action: actionOf(task, report) };
    const id = narrowed(report.id, place, task);
    const code = `exit code 0x${exitCode.toString(16)}, which its tracer has not waited for`;
    return cause(id, known, id === report.id ? code : `${code}; ${stack}`);
  }
  switch (place) {
    case undefined:
      return cause("traced-stop", { ...values, waited: task.hasCodes ? WAITED : "" });
    case "event-fork":
      return cause(forkOf(task.call, encoder), values, stack);
    case "trap-stop":
      if (isGroup) return cause("group-stop", values, stack);
      return cause(place, values, stack);
    default:
      // Of a tracee that was not seized, a group-stop has the stack of a signal's stop.
      return cause(
        isGroup && place === "signal-delivery" ? "group-stop-or-signal" : place,
        values,
        stack,
      );
  }
}

const WAITED = ", which its tracer has waited for";

/** The kernel's function that called ptrace_stop, and the id of that stop. */
function placeOf({ functions }: Task): ReturnType<typeof recognise> {
  const found = recognise("stops", functions);
  if (found.id === undefined) {
    // Where the functions of a system call stop are inlined, entry and exit look the same.
    const [caller = ""] = functions.filter((name) => !name.startsWith("ptrace_"));
    return /^(do_syscall_64|(do_)?el0_svc)/.test(caller) ? { word: caller, id: "syscall" } : {};
  }
  // do_jobctl_trap may be inlined; a signal's stop does not notify.
  const isTrap = found.id === "signal-delivery" && functions.includes("ptrace_do_notify");
  return isTrap ? { ...found, id: "trap-stop" } : found;
}

/** Some codes stand for several stops, which the stack tells apart. */
function narrowed(id: string, place: string | undefined, task: Task): string {
  const isCall = id === "syscall" || id === "signal-trap";
  if (isCall && place?.startsWith("syscall")) return place;
  if (id !== "stop-signal") return id;
  if (groupStop(task) !== 0) return "group-stop";
  return task.groupCode === undefined ? id : "signal-delivery";
}

function actionOf({ caught, ignored }: Task, { value }: ReturnType<typeof reportOf>) {
  const has = (set: bigint) => ((set << 1n) >> BigInt(value)) % 2n === 1n;
  if (has(caught)) return "its handler runs";
  return has(ignored) ? "it ignores it" : defaultAction(value);
}

/** The exception that was on its way back to the program: most signals of instructions come from one. */
function wayOf({ functions }: Task): string {
  const [, name] = /^(?:asm_exc_|el0_(?!svc|interrupt))(\w+)/m.exec(functions.join("\n")) ?? [];
  return name === undefined ? "" : `, at the end of the exception ${name}`;
}

/** The event of a call that makes a process: kernel_clone in the kernel's kernel/fork.c. */
function forkOf(call: Call | undefined, { constants }: CompleteEncoder): string {
  if (call === undefined) return "event-fork-any";
  const name = syscallName(BigInt(call.number), constants);
  const flags = name === "clone" ? (call.words[0] ?? 0n) : 0n;
  if (name === "vfork" || (flags & CLONE_VFORK) !== 0n) return "event-vfork-any";
  return name === "fork" || (flags & CSIGNAL) === SIGCHLD ? "event-fork" : "event-clone";
}

function othersOf({ threads, tid }: Task): string {
  const others = threads.filter((each) => each.tid !== tid);
  const shown = others.slice(0, 3).map(({ tid, state, tracer }) => {
    return `${tid} (${state}${tracer === 0 ? "" : `, traced by ${tracer}`})`;
  });
  return shown.join(", ") + (others.length > 3 ? ` and ${others.length - 3} more` : "");
}

function ended(task: Task, encoder: CompleteEncoder, values: Texts): Cause {
  const { tid, pid, threads, tracer, parent, exitCode } = task;
  const isLiving = threads.some(({ state }) => !"ZX".includes(state));
  if (tid === pid && isLiving) return cause("zombie-leader", values);
  const shown = explainWord(exitCode, encoder).stop.text;
  const status = task.hasCodes ? shown : "its status is not shown here";
  const named = { status, parent: nameOf(parent), tracer: nameOf(tracer) };
  const isApart = tracer !== undefined && tracer.pid !== parent.pid;
  return cause(isApart ? "zombie-traced" : "zombie", named);
}
