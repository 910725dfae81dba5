import { HOST_ARCH } from "../../../../core/machine/index.ts";
import * as amd64 from "./amd64.ts";
import * as arm64 from "./arm64.ts";

/** What tasks with code have of an architecture: the exports of its module. */
interface TaskCode {
  /** An instruction that reads memory, and the register with its address. */
  readonly LOAD: string;
  /** The lines of a guest that makes a call, and then reads at an address. */
  guest(call: string, argument?: number, address?: bigint): string[];
}

const MODULES: Readonly<Record<typeof HOST_ARCH, TaskCode>> = { amd64, arm64 };

export const CODE = MODULES[HOST_ARCH];

/** Lines of code, as a file has them. */
export const indented = (lines: readonly string[]) => lines.map((line) => `    ${line}\n`).join("");
