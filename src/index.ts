export { type RegisterField, registerLayout } from "./encoder/block.ts";
export { ENCODER_ABI, type Encoder } from "./encoder/encoder.ts";
export { ENCODERS, type EncoderName, openEncoder } from "./encoder/open.ts";
export * from "./errors.ts";
export type { ChildStep } from "./shim.ts";
export { Stub } from "./stub/stub.ts";
export type { Stop, SyscallArgument, SyscallResult } from "./stub/thread.ts";
export { type StubOptions, Tracer, type TracerOptions } from "./stub/tracer.ts";
