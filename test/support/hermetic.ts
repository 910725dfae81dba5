/*
 * Importing this makes the process, its workers and the commands that it starts try cases on the hermetic kernel
 * (src/labs/fuzz/try/hermetic.ts): what the model of this machine predicts, whatever kernel and processor are here.
 */

import { HOST_ARCH } from "../../src/core/machine/index.ts";
import type { Machine } from "../../src/labs/fuzz/machine.ts";
import { NO_XSTATE } from "../../src/labs/fuzz/machine.ts";
import { AMD, machineWith } from "./hidden_cases.ts";

const AMD64: Machine = machineWith(
  ...(["fsgsbase", "ia32", "icebp_trap"] as const),
  ...AMD,
  ...(["set_syscall_info", "uretprobe", "uprobe", "sud", "sud_inclusive"] as const),
);
const ARM64: Machine = {
  ...{ arch: "arm64", release: "6.12", vendor: "0x61", family: 8, model: 0x32 },
  features: ["dit", "ssbs", "tco", "bti", "orig_x0"],
  ...NO_XSTATE,
  stubCode: 0xffff_ffff_f000,
};

const own = HOST_ARCH === "arm64" ? ARM64 : AMD64;
export const HERMETIC: Machine = { ...own, release: `${own.release}-model` };
process.env.STUBLAB_TEST_MACHINE = JSON.stringify(HERMETIC);

/** Runs something on this kernel after all. */
export async function onThisKernel<T>(body: () => T | Promise<T>): Promise<T> {
  const { STUBLAB_TEST_MACHINE } = process.env;
  delete process.env.STUBLAB_TEST_MACHINE;
  try {
    return await body();
  } finally {
    process.env.STUBLAB_TEST_MACHINE = STUBLAB_TEST_MACHINE;
  }
}
