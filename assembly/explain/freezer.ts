// Whether a cgroup is frozen, by version 2, or by the freezer of version 1.

import { read } from "./files";

/** The file of a cgroup that says that it is frozen; "" without. @param groups the text of /proc/PID/cgroup */
export function freezerOf(groups: string): string {
  const mounts = read("/proc/self/mounts").split("\n");
  const lines = groups.split("\n");
  const events = fileOf(mounts, "cgroup2", "", lines, "/cgroup.events");
  if (hasPart(read(events), "\n", "frozen 1")) return events;
  const state = fileOf(mounts, "cgroup", "freezer", lines, "/freezer.state");
  return hasPart(read(state), "\n", "FROZEN") ? state : "";
}

function hasPart(list: string, separator: string, one: string): bool {
  return list.split(separator).includes(one);
}

/** The path of a file of the cgroup that a controller has; "" without. */
function fileOf(
  mounts: string[],
  type: string,
  controller: string,
  groups: string[],
  file: string,
): string {
  for (let m = 0; m < mounts.length; m++) {
    const words = mounts[m].split(" ");
    if (words.length < 4 || words[2] != type) continue;
    if (controller != "" && !hasPart(words[3], ",", controller)) continue;
    for (let n = 0; n < groups.length; n++) {
      // "NUMBER:CONTROLLERS:PATH"; of version 2 it is "0::PATH".
      const parts = groups[n].split(":");
      if (parts.length > 2 && hasPart(parts[1], ",", controller))
        return `${words[1]}${parts.slice(2).join(":")}${file}`;
    }
    break;
  }
  return "";
}
