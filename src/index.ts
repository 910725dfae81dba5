import "./fast/index.ts";

export {
  type ComparisonFunctionName,
  type CompleteEncoder,
  ENCODER_ABI,
  type Encoder,
  type EncoderFunctions,
  type EncoderIdentity,
  FUNCTIONS,
  type FunctionName,
  OPERATIONS,
  type Operation,
  type Parameter,
  type ParameterValues,
  type PartialEncoder,
  type Result,
  type ResultValue,
  type Signature,
} from "./core/encoder/abi.ts";
export { type RegisterBlock, type RegisterField, registerLayout } from "./core/encoder/block.ts";
export type { Arch } from "./core/machine/index.ts";
export {
  Context,
  type GuestEvent,
  type GuestFault,
  type GuestInterrupt,
  type GuestSignal,
  type GuestSyscall,
  type InterruptHandle,
  interruptGuest,
  type SwitchOptions,
} from "./core/platform/context.ts";
export { Platform, type PlatformOptions } from "./core/platform/platform.ts";
export { type FileMapping, type Protection, Subprocess } from "./core/platform/subprocess.ts";
export type { SignalName, SyscallName } from "./core/shim/bindings.ts";
export type { Deadline } from "./core/shim/records.ts";
export { Batch, BatchedCall } from "./core/stub/batch.ts";
export type { ChildStep } from "./core/stub/birth.ts";
export type {
  CallEnd,
  ObservedCall,
  SyscallArgument,
  SyscallResult,
} from "./core/stub/injection.ts";
export { type Mapping, type ProcessFacts, readProcess } from "./core/stub/proc.ts";
export type { SignalInfo, Stop } from "./core/stub/stop.ts";
export { type CloneOptions, Stub } from "./core/stub/stub.ts";
export type { ThreadTicket } from "./core/stub/thread_pool.ts";
export type {
  Busy,
  Dead,
  Detached,
  Running,
  StateName,
  Stopped,
  Thread,
  ThreadState,
} from "./core/stub/tracee.ts";
export {
  type DeathListener,
  type StubOptions,
  Tracer,
  type TracerOptions,
} from "./core/stub/tracer.ts";
export type {
  Lane,
  LaneOptions,
  Signal,
  Syscall,
  TracingThread,
} from "./core/stub/tracing_thread.ts";
export {
  ALL_ENCODERS,
  ENCODERS,
  type EncoderName,
  loadEncoderUnconfined,
  openEncoder,
} from "./labs/compare/encoders/open.ts";
export type { GuestAnswer, GuestCall } from "./labs/guest/answer.ts";
export type { CallArguments } from "./labs/guest/call.ts";
export type { Input as GuestInput } from "./labs/guest/files.ts";
export type { Guest, Sink } from "./labs/guest/guest.ts";
export type {
  Limit as GuestLimit,
  Limits as GuestLimits,
  Used as GuestUse,
} from "./labs/guest/limits.ts";
export {
  GuestPool,
  type GuestPoolOptions,
  type PooledGuestOptions,
  type PooledGuestRun,
  type PooledPlatformOptions,
} from "./labs/guest/pool.ts";
export type { GuestProgram } from "./labs/guest/program.ts";
export { type GuestEnd, type GuestOptions, type GuestRun, runGuest } from "./labs/guest/run.ts";
export type { Start as GuestStart } from "./labs/guest/stack.ts";
export type { TracedCall } from "./labs/guest/trace.ts";
export { type Examination, examine } from "./labs/record/examine.ts";
export type { Check, CheckStatus } from "./lib/check.ts";
export {
  AttachError,
  BirthError,
  CloseError,
  CorruptionError,
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
  type StubEnd,
  StubError,
  StublabError,
  SyscallError,
  TraceError,
  UnsupportedError,
} from "./lib/errors.ts";
export type { Suggested } from "./lib/nearest.ts";
