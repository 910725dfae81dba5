// kernel/exit.c: process groups that nobody outside controls.

import { SI_KERNEL } from "../linux/siginfo";
import { SIGCONT, SIGHUP } from "../linux/signal";
import * as k from "./kernel";
import { holds } from "./rule";
import { sendSignal } from "./signal";
import {
  births,
  exists,
  infoOf,
  isAlone,
  isLeader,
  NOBODY,
  processAt,
  processOf,
  task,
} from "./state";

function isMember(t: u32, group: u32): bool {
  return exists(t) && isLeader(t) && processAt(t).group == group;
}

export function hasMembers(group: u32): bool {
  for (let i: u32 = 0; i < births(); i++) if (isMember(i, group)) return true;
  return false;
}

/** will_become_orphaned_pgrp: no member has a parent in another group of its session. @param but a task that does not count */
export function isOrphaned(group: u32, but: u32): bool {
  for (let i: u32 = 0; i < births(); i++) {
    if (!isMember(i, group) || i == but) continue;
    if (task(i).exitState != k.ALIVE && isAlone(i)) continue;
    if (isControlled(i, group)) return false;
  }
  return true;
}

function isControlled(t: u32, group: u32): bool {
  const parent: u32 = task(t).parent;
  if (parent == NOBODY) return false;
  const its = processOf(parent);
  return its.group != group && its.session == processAt(t).session;
}

/**
 * A group with stopped members that becomes orphaned gets SIGHUP and SIGCONT.
 * @source kill_orphaned_pgrp, kernel/exit.c, 6.12
 */
export const T33: u32 = 33;

/**
 * SIGHUP goes to all members of an orphaned group, not only to those that are stopped.
 * @source kill_orphaned_pgrp, kernel/exit.c, 6.12
 */
export const T101: u32 = 101;

/** kill_orphaned_pgrp. @param parent the one that exits; NOBODY: the task itself exits */
export function killOrphanedGroup(t: u32, parent: u32): void {
  const group: u32 = processOf(t).group;
  const link: u32 = parent == NOBODY ? task(t).parent : parent;
  if (link == NOBODY) return;
  const its = processOf(link);
  if (its.group == group || its.session != processOf(t).session) return;
  if (!isOrphaned(group, parent == NOBODY ? t : NOBODY) || !holds(T33)) return;
  if (!hasStopped(group)) return;
  killMembers(SIGHUP, infoOf(SI_KERNEL, NOBODY, 0), group, !holds(T101));
  killGroup(SIGCONT, infoOf(SI_KERNEL, NOBODY, 0), group);
}

function isStopped(t: u32): bool {
  return (processAt(t).flags & k.STOP_STOPPED) != 0;
}

/** has_stopped_jobs */
function hasStopped(group: u32): bool {
  for (let i: u32 = 0; i < births(); i++) if (isMember(i, group) && isStopped(i)) return true;
  return false;
}

/** __kill_pgrp_info: the newest member comes first. */
export function killGroup(signal: u32, info: u32, group: u32): void {
  killMembers(signal, info, group, false);
}

function killMembers(signal: u32, info: u32, group: u32, onlyStopped: bool): void {
  for (let order: u32 = u32.MAX_VALUE; ; ) {
    let next = NOBODY;
    for (let i: u32 = 0; i < births(); i++) {
      if (!isMember(i, group) || processAt(i).groupOrder >= order) continue;
      if (next == NOBODY || processAt(i).groupOrder > processAt(next).groupOrder) next = i;
    }
    if (next == NOBODY) return;
    order = processAt(next).groupOrder;
    if (onlyStopped && !isStopped(next)) continue;
    if (signal != 0) sendSignal(signal, info, next, true);
  }
}
