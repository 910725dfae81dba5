export { type CompareOptions, type Comparison, compare } from "./compare.ts";
export { Opened, openSubjectsConfined } from "./open.ts";
export type { BreakKind } from "./record.ts";
export type {
  Agreement,
  Answer,
  Apart,
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
  Uncompared,
  Verdict,
} from "./report.ts";
export type { Subject } from "./subject.ts";
