export { type CompareOptions, type Comparison, compare } from "./compare.ts";
export { Opened, openSubjectsConfined } from "./open.ts";
export type { BreakKind } from "./record.ts";
export type * from "./report.ts";
export type { Subject } from "./subject.ts";
