export { type CompareOptions, type Comparison, compare } from "./compare.ts";
export { Opened, openSubjects } from "./open.ts";
export type { BreakKind } from "./record.ts";
export type {
  Answer,
  Breakage,
  CompareReport,
  Coverage,
  Disagreement,
  EncoderReport,
  FunctionReport,
  LayoutReport,
  LiveFailure,
  LiveReport,
  PairReport,
  Share,
  Timing,
  Verdict,
} from "./report.ts";
export type { Subject } from "./subject.ts";
