// The tests of switches over the lane "fast" with patched system calls.

import { useLane } from "../../support/guests.ts";

useLane({ lane: "fast", patches: true });
await import("../../support/lane_suite.ts");
