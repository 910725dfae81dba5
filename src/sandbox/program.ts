import { type Koffi, loader } from "../core/shim/shim.ts";

/** struct stublab_start. */
export interface Start {
  readonly namespaces: bigint;
  readonly program: string;
  readonly arguments: readonly (string | null)[];
  readonly environment: readonly (string | null)[];
  readonly files: readonly number[];
  readonly limits: readonly { readonly resource: number; readonly value: number }[];
  readonly file_count: number;
  readonly limit_count: number;
  readonly options: number;
}

/** The steps of a start in the order of enum stublab_start_step. */
export const START_STEPS = [
  "dup2",
  "read",
  "setsid",
  "mount(/proc)",
  "mount_setattr(/)",
  "capset",
  "clone",
  "prlimit64",
  "landlock_restrict_self",
  "execve",
] as const;

export const loadSandbox = loader("sandbox", defineStart);

/** Declares struct stublab_start to koffi. */
function defineStart(koffi: Koffi): void {
  const limit = koffi.struct("stublab_limit", { resource: "uint64_t", value: "uint64_t" });
  const words = koffi.pointer("char *");
  koffi.struct("stublab_start", {
    namespaces: "uint64_t",
    program: "char *",
    arguments: words,
    environment: words,
    files: koffi.pointer("int32_t"),
    limits: koffi.pointer(limit),
    file_count: "uint32_t",
    limit_count: "uint32_t",
    options: "uint32_t",
  });
}
