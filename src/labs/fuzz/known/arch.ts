/*
 * Known deviations. A run that is given a list does not fail because of them, and reports all others: those of a kernel
 * under an emulator that has faults of its own. The probe has the same lists.
 */

import { HOST_ARCH } from "../../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";
import type { List } from "./list.ts";

const { QEMU_TCG } = { amd64, arm64 }[HOST_ARCH];

export type KnownName = "qemu-tcg";
export const LISTS: Readonly<Record<KnownName, List>> = { "qemu-tcg": QEMU_TCG };

export const isListed = (name: string): name is KnownName => Object.hasOwn(LISTS, name);
export const KNOWN: readonly KnownName[] = Object.keys(LISTS).filter(isListed);
/** The same for help and errors. */
export const KNOWN_NAMES = KNOWN.join(", ");
