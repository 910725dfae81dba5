// What can be seen of the tasks: by /proc, and in the results of their actions.

import * as k from "./kernel";
import { births, exists, leaderOf, MOST_TASKS, NOBODY, processOf, task } from "./state";

/** Letters of State in /proc/PID/status; '-' for a task that runs, or sleeps. */
const RUNS: u8 = 0x2d;
const IS_GONE: u8 = 0x20;
const IS_ZOMBIE: u8 = 0x5a;
const IS_STOPPED: u8 = 0x54;
const IS_TRACED: u8 = 0x74;

/** Numbers of tasks are one more here; 0 stands for no task. */
@unmanaged
export class View {
  letter: u8;
  parent: u8; // PPid
  tracer: u8; // TracerPid
  group: u8; // NSpgid
  session: u8; // NSsid
  isBusy: bool; // its action has not returned
  unused: u16;
  pending: u32; // SigPnd, ShdPnd, SigBlk, SigIgn: bit n is signal n
  shared: u32;
  blocked: u32;
  ignored: u32;
  result: i32; // of its last action
  status: i32;
  infoSignal: u32;
  info: u32; // as of infoOf
}

/** One for each task, written by `look`. */
export const views: usize = memory.data(6 * 40, 8);

function numbered(t: u32): u8 {
  return t == NOBODY ? 0 : u8(t + 1);
}

function letterOf(t: u32): u8 {
  const it = task(t);
  if (it.exitState == k.GONE) return IS_GONE;
  if (it.exitState == k.ZOMBIE) return IS_ZOMBIE;
  if (it.isTraced) return IS_TRACED;
  return it.isStopped ? IS_STOPPED : RUNS;
}

/** Writes what is to be seen of all tasks. Returns how many were born. */
export function look(): u32 {
  memory.fill(views, 0, offsetof<View>() * MOST_TASKS);
  for (let t: u32 = 0; t < births(); t++) {
    const seen = changetype<View>(views + offsetof<View>() * t);
    const it = task(t);
    const group = processOf(t);
    seen.letter = letterOf(t);
    seen.isBusy = it.isBusy;
    seen.result = it.isBusy ? 0 : it.result;
    seen.status = it.isBusy ? 0 : it.status;
    seen.infoSignal = it.isBusy ? 0 : it.infoSignal;
    seen.info = it.isBusy ? 0 : it.info;
    if (!exists(t)) continue;
    seen.parent = numbered(leaderOf(it.parent));
    seen.tracer = it.ptrace != 0 ? numbered(it.tracer) : 0;
    seen.group = numbered(group.group);
    seen.session = numbered(group.session);
    seen.pending = it.pending.set;
    seen.shared = group.pending.set;
    seen.blocked = it.blocked;
    seen.ignored = group.ignored;
  }
  return births();
}
