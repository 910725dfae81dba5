// The fuzzer's module for amd64

export { putReturned } from "../../model/amd64/signal_64";
export * from "../module";
export { PATH_both, PATH_sigreturn } from "./paths";
