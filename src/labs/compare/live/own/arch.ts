import { HOST_ARCH } from "../../../../core/machine/index.ts";
import type { Frames } from "../frame.ts";
import type { Judge } from "../judge.ts";
import type { Sites } from "../seccomp.ts";
import type { Tracee, TraceeSlot } from "../tracee.ts";
import * as amd64 from "./amd64/judges.ts";
import * as arm64 from "./arm64/judges.ts";

/** The judges that an architecture has of its own: the exports of its module. */
interface Own {
  readonly SITES: Sites;
  /** @param slot makes a slot of stubs that are prepared */
  ownJudges(frames: Frames, slot: (prepare?: (tracee: Tracee) => Tracee) => TraceeSlot): Judge[];
}

const MODULES: Readonly<Record<typeof HOST_ARCH, Own>> = { amd64, arm64 };

export const { SITES, ownJudges } = MODULES[HOST_ARCH];
