import { REGSET } from "../sources.ts";
import { each, type Requests } from "./bench.ts";
import { registers, type Script, setRegset } from "./verbs.ts";

/** SETREGSET of the registers that are there. */
const set = (length: number): Script => [registers, setRegset("NT_PRSTATUS", length)];

/** The fact about the length in the iovec of SETREGSET, where NT_PRSTATUS has so many bytes. */
export const setsLength = (size: number): Requests => ({
  "SETREGSET sets the length of the iovec to what it has written": [
    REGSET,
    ...each("% bytes", [0, 16, size], (n) => [set(n), { result: 0, length: n }]),
    [`${size + 64} bytes`, set(size + 64), { result: 0, length: size }],
    ["12 bytes", set(12), { result: "EINVAL", length: 12 }],
  ],
});
