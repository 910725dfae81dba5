// The fuzzer's module for arm64: see ../amd64/index.ts.

export * from "../../model/arm64/do_signal";
export * from "../../model/arm64/get_signal";
export * from "../../model/arm64/instructions";
export * from "../../model/arm64/resume";
export * from "../../model/arm64/setup_rt_frame";
export * from "../../model/arm64/syscall";
export * from "../../model/arm64/target";
export * from "../../model/arm64/valid_user_regs";
export * from "../../model/arm64/write";
export * from "../module";
