// The components of the XSAVE area from AVX on, as the processor describes them (CPUID leaf 0xD), in the standard
// format and in the compacted one.

import { Component } from "../../fuzz/setup";
import { components, xcr0 } from "../machine";
import { isReadable } from "./image";

/** Flags of a component. */
const SUPERVISOR: u32 = 1;
const ALIGNED: u32 = 2;
const ALIGNMENT: u64 = 64;

/** Where they begin: after the header. */
const BEGIN: u64 = 576;

/** A component of XCR0, which a record describes; 0 if it is not enabled. */
function enabled(it: Component): u32 {
  return (it.flags & SUPERVISOR) != 0 ? 0 : (1 << it.number) & xcr0;
}

function first(): Component {
  return changetype<Component>(components);
}

function after(it: Component): Component {
  return changetype<Component>(changetype<usize>(it) + offsetof<Component>());
}

/** The component at an offset of an area in the standard format; 0 in a gap. */
export function extendedAt(offset: u64): u32 {
  for (let it = first(); it.number != 0; it = after(it)) {
    if (enabled(it) != 0 && offset - it.offset < it.bytes) return enabled(it);
  }
  return 0;
}

/**
 * The offset of a component in an area of this layout: the set in XCOMP_BV and bit 31, or 0 for the standard format.
 * In a compacted area each component follows the one with the next lower number.
 */
export function offsetOf(component: u32, layout: u32): u64 {
  let end = BEGIN;
  for (let it = first(); it.number != 0; it = after(it)) {
    const own = enabled(it);
    const begin = (it.flags & ALIGNED) != 0 ? (end + ALIGNMENT - 1) & ~(ALIGNMENT - 1) : end;
    if (own == component) return layout == 0 ? it.offset : begin;
    if ((own & layout) != 0) end = begin + it.bytes;
  }
  return end;
}

/** Whether all of these components of an image can be read. */
export function areReadable(set: u32, layout: u32): bool {
  for (let it = first(); it.number != 0; it = after(it)) {
    const own = enabled(it) & set;
    if (own != 0 && !isReadable(offsetOf(own, layout), it.bytes)) return false;
  }
  return true;
}
