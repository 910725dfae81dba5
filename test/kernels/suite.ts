// The tests of the core and of its commands that hold on each architecture and with each size of pages: `npm run kernels -- suite`.

/** The machines on which they are run, unless others are named. */
export const SUITE_MACHINES = ["node/linux-6.12-arm64/max", "node/linux-6.12-arm64-16k/max"];

/** The names of the test files, and those of arm64. */
export const SUITE = (
  "address_space architectures arguments arm64_recording binding birth_lanes blocks calls cases documents guest_command " +
  "compare_live_arm64 agreement death deadline elf elf_arm64 encoder_live encoders failures fuzz_run_arm64 " +
  "guest_state guest_state_arm64 injection_lanes interruption memory misuses names on_death " +
  "orphan outside_answers outside_signals placement rseq scrub seccomp seccomp_encoding shim signals statuses stub " +
  "switch workers"
).split(" ");
