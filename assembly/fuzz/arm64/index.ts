// The fuzzer's module for arm64

export * from "../module";
