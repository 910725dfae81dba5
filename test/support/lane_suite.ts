// The tests of switches, which run over every lane: see `useLane`.

import "../core/platform/switch.test.ts";
import "../core/platform/switch_amd64.test.ts";
import "../core/platform/guest_state.test.ts";
import "../core/platform/guest_state_amd64.test.ts";
import "../core/platform/guest_state_arm64.test.ts";
import "../core/platform/interruption.slow.test.ts";
import "../core/platform/round_robin_amd64.slow.test.ts";
import "../labs/guest/guest.slow.test.ts";
