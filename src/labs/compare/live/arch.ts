import { HOST_ARCH } from "../../../core/machine/index.ts";
import { amd64 } from "./amd64.ts";
import { arm64 } from "./arm64.ts";

export const HOST = { amd64, arm64 }[HOST_ARCH];
