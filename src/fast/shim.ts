import { loader } from "../core/shim/shim.ts";

export const loadFast = loader("fast");
