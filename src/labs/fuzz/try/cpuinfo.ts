import { readProc } from "../../../core/stub/proc.ts";

/** The fields of /proc/cpuinfo for the first processor, by name; "unknown" for those that it lacks. */
export function cpuinfo(): (name: string) => string {
  const text = readProc("/proc/cpuinfo");
  return (name) => new RegExp(`^${name}\\s*: (.*)$`, "m").exec(text)?.[1] ?? "unknown";
}
