import { loader } from "../../../core/shim/shim.ts";

export const loadFuzz = loader("fuzz");
