export { type CompareOptions, type Comparison, compare } from "./compare/compare.ts";
export { type Opened, openSubjects } from "./compare/open.ts";
export type { CompareReport, Disagreement, Verdict } from "./compare/report.ts";
export type { Subject } from "./compare/subject.ts";
export {
  ENCODER_ABI,
  type EncoderFunctions,
  FUNCTIONS,
  type FunctionName,
  OPERATIONS,
  type Operation,
  type Parameter,
  type Result,
  type Signature,
} from "./encoder/abi.ts";
export type { Arch } from "./encoder/arch.ts";
export { type RegisterField, registerLayout } from "./encoder/block.ts";
export type {
  CompleteEncoder,
  Encoder,
  EncoderIdentity,
  PartialEncoder,
} from "./encoder/encoder.ts";
export { loadEncoder } from "./encoder/foreign.ts";
export {
  ALL_ENCODERS,
  ENCODERS,
  type EncoderName,
  openEncoder,
} from "./encoder/open.ts";
export {
  AttachError,
  BirthError,
  DeadlineError,
  DeathError,
  EncoderError,
  type ErrorDetails,
  ForkError,
  InputError,
  MemoryError,
  OutputError,
  type RegisterDump,
  StateError,
  StopError,
  StubError,
  StublabError,
  SyscallError,
  TraceError,
  UnsupportedError,
} from "./errors.ts";
export { type FuzzOptions, type FuzzProgress, type FuzzResult, fuzz } from "./fuzz/fuzz.ts";
export type { TracedCall } from "./guest/calls.ts";
export type { Guest, Sink } from "./guest/guest.ts";
export type { GuestProgram } from "./guest/image.ts";
export { type GuestEnd, type GuestOptions, type GuestRun, runGuest } from "./guest/run.ts";
export {
  Context,
  type GuestEvent,
  type GuestFault,
  type GuestInterrupt,
  type GuestSignal,
  type GuestSyscall,
  type InterruptHandle,
  interruptGuest,
} from "./platform/context.ts";
export type { Protection } from "./platform/memory.ts";
export { Platform, type PlatformOptions } from "./platform/platform.ts";
export type { SignalInfo } from "./platform/signal_info.ts";
export { type FileMapping, Subprocess } from "./platform/subprocess.ts";
export { loadRecording, parseRecording } from "./record/load.ts";
export { type RecordOptions, recordScenario } from "./record/record.ts";
export {
  type Arrow,
  type Call,
  type Code,
  type CodeLine,
  type Fact,
  type Instruction,
  type KernelView,
  type Lane,
  type Question,
  RECORDING_SCHEMA,
  type Recording,
  type Registers,
  type Step,
  type StepKind,
} from "./record/recording.ts";
export { DEFAULT_SCENARIO, SCENARIOS } from "./record/scenarios.ts";
export { renderMermaid } from "./record/view/mermaid.ts";
export { renderRecordingPage } from "./record/view/page/page.ts";
export { renderPerfetto } from "./record/view/perfetto.ts";
export { renderText, type TextOptions } from "./record/view/text.ts";
export type { ChildStep } from "./shim.ts";
export { type Check, type Examination, examine } from "./stub/examine.ts";
export { type Mapping, type ProcessFacts, readProcess } from "./stub/proc.ts";
export { Stub } from "./stub/stub.ts";
export type { Stop, SyscallArgument, SyscallResult } from "./stub/thread.ts";
export type { ThreadTicket } from "./stub/ticket.ts";
export { type StubOptions, Tracer, type TracerOptions } from "./stub/tracer.ts";
