// The tests of switches, which run over every lane: see `useLane`.

import "../platform/switch.test.ts";
import "../platform/switch_amd64.test.ts";
import "../platform/guest_state.test.ts";
import "../platform/guest_state_amd64.test.ts";
import "../platform/guest_state_arm64.test.ts";
import "../platform/interruption.slow.test.ts";
import "../platform/round_robin_amd64.slow.test.ts";
import "../guest/guest.slow.test.ts";
