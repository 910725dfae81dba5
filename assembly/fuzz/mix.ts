// The hash of signatures.

/** Hashes a number: into the lower half of the hash first, then into the upper half. */
export function mix(hash: u64, number: u32): u64 {
  let low = (u32(hash) ^ number) * 0x9e37_79b1;
  low ^= low >> 15;
  let high = (u32(hash >> 32) ^ low) * 0x85eb_ca6b + number;
  high ^= high >> 13;
  return (u64(high) << 32) | low;
}
