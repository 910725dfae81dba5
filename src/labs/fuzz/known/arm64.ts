/* The deviations on arm64. */

export const QEMU_TCG = {
  // An access by sp needs no alignment.
  changes: ["R230"],
  ignoredFlags: 0,
  avoidsWatchpoints: false,
  facts: ["An access by sp that is not a multiple of 16 is SIGBUS, BUS_ADRALN"],
};
