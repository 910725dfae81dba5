import { readdirSync } from "node:fs";
import { release } from "node:os";
import { allowedProcessors, readIfThere as read } from "../../core/stub/proc.ts";
import type { Processors } from "./side.ts";

/** The machine that figures are of. */
export interface Machine {
  readonly kernel: string;
  readonly processor: string;
  /** How many processors are online. */
  readonly processors: number;
  /** Such as "KVM", or "none"; "virtual machine" if the hypervisor has no name. */
  readonly virtualization: string;
  readonly governor: string;
  readonly clocksource: string;
  /** Whether the scheduler divides time between sessions first, for tasks in the root cgroup: "on", "off" or "none". */
  readonly autogroup: string;
  /** What the kernel does against vulnerabilities of the processor, by their names; others do not concern it. */
  readonly mitigations: Readonly<Record<string, string>>;
  readonly node: string;
}

const VULNERABILITIES = "/sys/devices/system/cpu/vulnerabilities";

function mitigations(): Record<string, string> {
  let names: string[] = [];
  try {
    names = readdirSync(VULNERABILITIES).sort();
  } catch {
    // A kernel without them does not report them.
  }
  const all = names.map((name) => [name, read(`${VULNERABILITIES}/${name}`) ?? "unknown"] as const);
  return Object.fromEntries(all.filter(([, state]) => state !== "Not affected"));
}

function virtualization(cpuinfo: string, clocksources: string): string {
  if (!/^flags\s*:.* hypervisor\b/m.test(cpuinfo)) return "none";
  if (clocksources.includes("kvm-clock")) return "KVM";
  if (clocksources.includes("hyperv")) return "Hyper-V";
  const vendor = read("/sys/class/dmi/id/sys_vendor");
  return read("/sys/hypervisor/type") ?? vendor ?? "virtual machine";
}

/** The scheduling policy of this thread: SCHED_OTHER is 0, SCHED_FIFO 1, SCHED_RR 2. */
export function schedulingPolicy(): number {
  const stat = read("/proc/thread-self/stat") ?? "";
  // Field 41 of proc_pid_stat(5); the fields after the name begin with the third.
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[38] ?? 0);
}

/** The values of sched_autogroup_enabled. */
const AUTOGROUP: Readonly<Record<string, string>> = { 0: "off", 1: "on" };

export function describeMachine({ own }: Processors): Machine {
  const cpuinfo = read("/proc/cpuinfo") ?? "";
  const clock = "/sys/devices/system/clocksource/clocksource0";
  const model = /^model name\s*: (.*)$/m.exec(cpuinfo)?.[1] ?? "unknown";
  return {
    kernel: release(),
    processor: model,
    processors: cpuinfo.match(/^processor\s*:/gm)?.length ?? 1,
    virtualization: virtualization(cpuinfo, read(`${clock}/available_clocksource`) ?? ""),
    governor: read(`/sys/devices/system/cpu/cpu${own}/cpufreq/scaling_governor`) ?? "not reported",
    clocksource: read(`${clock}/current_clocksource`) ?? "not reported",
    autogroup: AUTOGROUP[read("/proc/sys/kernel/sched_autogroup_enabled") ?? ""] ?? "none",
    mitigations: mitigations(),
    node: process.version,
  };
}

/** The last two processors that this process may run on. */
export function chooseProcessors(): Processors {
  const allowed = allowedProcessors(read("/proc/self/status") ?? "");
  return { own: allowed.at(-1) ?? 0, other: allowed.at(-2) };
}

/** Clock ticks of processors: all, and those that a hypervisor gave to other machines. */
export interface Ticks {
  readonly all: number;
  readonly stolen: number;
}

/** The ticks of the processors since the start of the machine. */
export function ticksOf({ own, other }: Processors): Ticks {
  const lines = (read("/proc/stat") ?? "").split("\n");
  const ticks = [own, other].map((cpu) => {
    const line = lines.find((each) => each.startsWith(`cpu${cpu} `)) ?? "";
    // user, nice, system, idle, iowait, irq, softirq, steal; guest time is in user.
    const [, ...columns] = line.split(" ").slice(0, 9).map(Number);
    return { all: columns.reduce((sum, each) => sum + each, 0), stolen: columns[7] ?? 0 };
  });
  const sum = (pick: (each: Ticks) => number) => ticks.reduce((all, each) => all + pick(each), 0);
  return { all: sum(({ all }) => all), stolen: sum(({ stolen }) => stolen) };
}

/** The share of the time between two readings that was stolen. */
export function stealBetween(before: Ticks, after: Ticks): number {
  const all = after.all - before.all;
  return all > 0 ? (after.stolen - before.stolen) / all : 0;
}

/** A machine in a few lines. */
export function machineLines(machine: Machine): string[] {
  const { kernel, processor, processors, virtualization, governor, clocksource, autogroup, node } =
    machine;
  const host = virtualization === "none" ? "no hypervisor" : `under ${virtualization}`;
  const names = Object.entries(machine.mitigations).map(([name, state]) => {
    return `${name} ${state.startsWith("Mitigation") ? "mitigated" : state.split(/[:;]/)[0]}`;
  });
  return [
    `Linux ${kernel}, ${processor}, ${processors} processors, ${host}`,
    `governor ${governor}, clock ${clocksource}, autogroup ${autogroup}, Node.js ${node}`,
    `mitigations: ${names.join(", ").toLowerCase() || "none"}`,
  ];
}
