// The fuzzer's module for amd64

export { putReturned } from "../../model/amd64/restore_sigcontext";
export * from "../module";
export { PATH_both, PATH_sigreturn } from "./paths";
