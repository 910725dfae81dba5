// The names in documents, of which the build writes lists: their number, and for each its length and its bytes.

import { code } from "../../../build/case_members";
import { WAY_TAKES } from "../../../build/case_names";
import { isString } from "./json";
import { put, putByte } from "./output";

/** How many names a list has. */
export function countOf(list: usize): i32 {
  return load<u8>(list);
}

function nameAt(list: usize, index: i32): usize {
  for (list++; index > 0; index--) list += 1 + load<u8>(list);
  return list;
}

export function putName(list: usize, index: i32): void {
  const name = nameAt(list, index);
  const end = name + load<u8>(name);
  for (let at = name + 1; at <= end; at++) putByte(load<u8>(at));
}

/** Those from `first` to `last`. */
export function putNames(list: usize, first: i32, last: i32): void {
  for (let index = first; index < last; index++) {
    if (index > first) put(", ");
    putName(list, index);
  }
}

/** The index of a string among the names from `first` to `last`; -1. */
export function indexOf(value: usize, list: usize, first: i32, last: i32): i32 {
  let name = nameAt(list, first);
  for (let index = first; index < last; index++) {
    const length = u32(load<u8>(name++));
    if (isString(value, name, length)) return index;
    name += length;
  }
  return -1;
}

/** Whether setups of a way have a member that only some have. */
export function takes(way: u32, member: i32): bool {
  return ((u32(load<u8>(WAY_TAKES + way)) >> (member - code)) & 1) != 0;
}
