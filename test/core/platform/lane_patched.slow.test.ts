// The tests of switches over the lane "handler" with patched system calls.

import { useLane } from "../../support/guests.ts";

useLane("handler", { patches: true });
await import("../../support/lane_suite.ts");
