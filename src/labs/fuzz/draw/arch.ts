import { HOST_ARCH } from "../../../core/machine/index.ts";
import { CODES } from "../case/arch.ts";
import { ENDING } from "../case/arm64/code.ts";
import amd64Seeds from "./amd64/seeds.jsonl";
import amd64Tables from "./amd64/tables.jsonl";
import arm64Seeds from "./arm64/seeds.jsonl";
import arm64Tables from "./arm64/tables.jsonl";

const HOST = {
  amd64: {
    ...{ SEED_LINES: amd64Seeds, TABLE_LINES: amd64Tables, DRAWN_CODES: CODES },
    PATHS: ["ptrace", "sigreturn", "both"] as const,
  },
  arm64: {
    ...{ SEED_LINES: arm64Seeds, TABLE_LINES: arm64Tables, DRAWN_CODES: ENDING },
    PATHS: ["ptrace"] as const,
  },
}[HOST_ARCH];

/** What a run begins with, and what it draws from, as lines of JSON; the pieces of code among that. */
export const { SEED_LINES, TABLE_LINES, DRAWN_CODES } = HOST;

/** How the registers of cases are written, in the order of assembly/fuzz/amd64/paths.ts. */
export const PATHS: readonly Path[] = HOST.PATHS;
export type Path = "ptrace" | "sigreturn" | "both";
/** The last one: every path, where there are several. */
export const DEFAULT_PATH: Path = PATHS.at(-1) ?? "ptrace";
