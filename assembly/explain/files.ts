// Files of /proc and of cgroups.

import { ownerAt, readFile, readFolder, readLink } from "./host";
import { textOf, trimmed } from "./text";

const MOST: u32 = 6 << 20;
const SCRATCH: usize = memory.data(MOST);
/** A cgroup's may be as long as a path can be. */
const MOST_PATH: i32 = 8192;
const PATH: usize = memory.data(MOST_PATH);

/** The result of the last read: the number of bytes, or -errno. */
let result: i32 = 0;

function pathOf(path: string): usize {
  const length = min(path.length, MOST_PATH - 1);
  for (let i = 0; i < length; i++) store<u8>(PATH + i, u8(path.charCodeAt(i)));
  store<u8>(PATH + length, 0);
  return PATH;
}

/** Reads a file; returns 0, or -errno. */
export function look(path: string): i32 {
  result = readFile(pathOf(path), 0, SCRATCH, MOST);
  return min(result, 0);
}

/** The text of what was read last, without the blanks around it; "" if it could not be read. */
export function seen(): string {
  return trimmed(SCRATCH, max(result, 0));
}

/** Of what was read last the value in the first line "KEY: VALUE"; "" without. Line feeds alone end lines. */
export function field(key: string): string {
  const length = key.length;
  for (let at = 0, to = 0; at < result; at = to + 1) {
    for (to = at; to < result && load<u8>(SCRATCH + to) != 0x0a; ) to++;
    let i = 0;
    while (i < length && at + i < to && load<u8>(SCRATCH + at + i) == key.charCodeAt(i)) i++;
    const value = at + length + 1;
    if (i == length && value <= to && load<u8>(SCRATCH + value - 1) == 0x3a)
      return trimmed(SCRATCH + value, to - value);
  }
  return "";
}

export function read(path: string): string {
  look(path);
  return seen();
}

/** Whether bytes are in a part of a file. */
export function holds(path: string, offset: u64, size: u32, bytes: usize, length: i32): bool {
  const end = readFile(pathOf(path), offset, SCRATCH, size) - length;
  for (let i = 0; i <= end; i++) if (memory.compare(SCRATCH + i, bytes, length) == 0) return true;
  return false;
}

/** The target of a link; "" without. */
export function link(path: string): string {
  return textOf(SCRATCH, max(readLink(pathOf(path), SCRATCH, MOST), 0));
}

/** The names in a folder. */
export function list(path: string): string[] {
  const names = textOf(SCRATCH, max(readFolder(pathOf(path), SCRATCH, MOST), 0)).split("\n");
  names.pop();
  return names;
}

/** The uid that owns a file; a negative number if it cannot be read. */
export function ownerOf(path: string): f64 {
  return ownerAt(pathOf(path));
}
