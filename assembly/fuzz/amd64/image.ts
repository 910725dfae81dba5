// Draws the floating point of a signal frame: where it is, and what of it is damaged.

import { REG_rip } from "../../amd64/registers";
import { endOfScratch, pageScratch, placeSse } from "../../model/amd64/target";
import { below } from "../random";
import { clearWords } from "../records";
import { FPSTATE_IMAGE, MOST_IMAGE_PAIRS, Setup } from "../setup";
import { addresses, controls, drawWord, imageSizes, pick } from "../tables";
import { drawHeader, frameLength, xcr0 } from "./other_ways";

// struct _fpx_sw_bytes and struct xstate_header, asm/sigcontext.h
const MAGIC1: u64 = 0x4650_5853;
const MAGIC2: u64 = 0x4650_5845;
const SW_MAGIC1: u32 = 464;
const SW_FEATURES: u32 = 472;
const SW_SIZE: u32 = 480;
const XSTATE_BV: u32 = 512;
const XCOMP_BV: u32 = 520;
/** Components that many processors have: x87, SSE, AVX and the three of AVX-512. */
const AVX512_AND_LESS: u32 = 0xe7;
/** Those after them. */
const MORE: u32 = 0xf_ff00;
const HEADER_END: u32 = 576;
const MXCSR: u32 = 24;
const XMM4: u32 = 224;

/** Drops the image of a setup. */
export function dropImage(setup: Setup, fpstate: u32): void {
  setup.fpstate = fpstate;
  setup.image = 0;
  setup.count = 0;
  clearWords(setup.damage, 2 * MOST_IMAGE_PAIRS);
}

export function drawImage(setup: Setup): void {
  dropImage(setup, FPSTATE_IMAGE);
  const kind = below(8);
  if (kind < 2) {
    useSse(setup);
    return;
  }
  if (kind == 2) {
    cut(setup);
    return;
  }
  setup.image = drawPlace();
  for (let n = below(4); n > 0; n--) damage(setup);
  // What is restored shows in the words that it has.
  addPair(setup, drawContent(), drawWord());
}

/** Lets code compare a vector register, with any of the bits that mxcsr has. */
function useSse(setup: Setup): void {
  setup.image = pageScratch;
  store<u64>(setup.words, placeSse, REG_rip);
  addPair(setup, MXCSR, below(0x1_0000));
  const sign = below(2) << 31;
  const denormal = below(2) == 0;
  addPair(setup, XMM4, sign | (denormal ? below(0x80_0001) : 0x7f80_0000 + below(0x80_0000)));
}

/** Ends in an unmapped page after the header, and says that it ends there: the components say what is needed. */
function cut(setup: Setup): void {
  setup.image = endOfScratch - HEADER_END - 64 * (1 + below(frameLength / 64));
  addPair(setup, SW_SIZE, HEADER_END);
  addPair(setup, HEADER_END, MAGIC2);
  if ((xcr0 & MORE) != 0 && below(4) == 0) {
    // Compacted, with components after the header that it does not have.
    const features = drawFeatures();
    addPair(setup, XSTATE_BV, features & below(4));
    addPair(setup, XCOMP_BV, features | (u64(1) << 63));
    return;
  }
  if (below(2) == 0) addPair(setup, XSTATE_BV, below(256) & AVX512_AND_LESS);
  if (below(2) == 0) addPair(setup, SW_FEATURES, below(256));
}

/** Moves the image, or damages it further. */
export function changeImage(setup: Setup): void {
  if (below(3) == 0) setup.image = drawPlace();
  else damage(setup);
}

/** The lengths of a frame, without FP_XSTATE_MAGIC2 and with it. */
function drawPlace(): u64 {
  const kind = below(16);
  if (kind < 8) return pageScratch;
  if (kind == 8) return below(2) == 0 ? pick(addresses) : 0;
  const atEnd = kind < 13;
  const place = atEnd ? endOfScratch - ((frameLength + 67) & ~63) : pageScratch;
  const moves = kind < 15 ? 64 * i64(below(16)) : i64(below(80)) - 8;
  return place + (atEnd ? moves : kind == 13 ? -moves : i64(below(80)));
}

function damage(setup: Setup): void {
  const kind = below(12);
  if (kind == 0) addPair(setup, SW_MAGIC1, drawMagic());
  else if (kind < 4) addSize(setup);
  else if (kind == 4) addPair(setup, SW_FEATURES, drawHeader());
  else if (kind == 5) addPair(setup, XSTATE_BV, drawHeader());
  else if (kind == 6) compact(setup);
  else if (kind == 7) addPair(setup, XCOMP_BV + 8 * below(7), u64(1) << below(64));
  else if (kind == 8) addPair(setup, MXCSR, below(2) == 0 ? pick(controls) : u64(1) << below(64));
  else if (kind == 9) addPair(setup, below(frameLength + 4), drawWord());
  else addPair(setup, drawContent(), drawWord());
}

/** Makes the area a compacted one, for the most part as the processor takes it. */
function compact(setup: Setup): void {
  const features = drawFeatures();
  addPair(setup, XSTATE_BV, features);
  addPair(setup, XCOMP_BV, features | (below(4) == 0 ? drawHeader() : 0) | (u64(1) << 63));
  if (below(4) == 0) addPair(setup, XCOMP_BV + 8 * (1 + below(6)), u64(1) << below(64));
}

/** A set of components. */
function drawFeatures(): u64 {
  const features = below(256) & AVX512_AND_LESS;
  return (xcr0 & MORE) != 0 && below(4) == 0 ? features | ((below(0x1000) << 8) & xcr0) : features;
}

/** magic1, and extended_size above it. */
function drawMagic(): u64 {
  const magic = below(2) == 0 ? MAGIC1 : MAGIC1 ^ (u64(1) << below(32));
  return magic | (drawSize() << 32);
}

/** A size of the area, with FP_XSTATE_MAGIC2 there, mostly. */
function addSize(setup: Setup): void {
  const size = drawSize();
  addPair(setup, SW_SIZE, size);
  if (below(4) > 0) addPair(setup, size, below(8) > 0 ? MAGIC2 : MAGIC2 ^ (u64(1) << below(32)));
}

function drawSize(): u64 {
  if (below(4) == 0) return frameLength + below(6) - 1;
  return below(8) == 0 ? drawWord() & 0xffff_ffff : pick(imageSizes);
}

/** The offset of some content: mostly that of vectors. */
function drawContent(): u32 {
  const kind = below(4);
  if (kind == 0) return below(2) == 0 ? 0 : 8 * below(HEADER_END / 8);
  return kind == 1 ? 160 + 8 * below(32) : HEADER_END + 8 * below((frameLength - HEADER_END) / 8);
}

function addPair(setup: Setup, offset: u64, word: u64): void {
  const count = setup.count;
  const k = count < MOST_IMAGE_PAIRS ? count : below(MOST_IMAGE_PAIRS);
  if (k == count) setup.count = count + 1;
  store<u64>(setup.damage + 16 * k, offset);
  store<u64>(setup.damage + 16 * k, word, 8);
}
