import type { Encoder } from "../../../../encoder/encoder.ts";
import { constantsOf, parseFlags, parseNumber } from "../../../../encoder/names.ts";
import { ARGUMENTS } from "../../../amd64.ts";
import { element } from "./elements.ts";
import { labelled, select } from "./encoder_fields.ts";
import {
  cloneFlags,
  type FlagArgument,
  type FlaggedCall,
  tellWord,
  waitOptions,
} from "./encoder_flags.ts";

/** The bootstrap's parent: a pid. */
const MOST_PID = 2n ** 31n - 1n;

/** What the form asks for; a refusal where the encoder, or a field, has no answer. */
export type Wanted =
  | { readonly refusal: string }
  | {
      readonly refusal: null;
      readonly number: bigint;
      readonly arguments: readonly bigint[];
      /** null where no clone is under way. */
      readonly parent: number | null;
    };

/** What the reader may ask the encoder for. */
export class EncoderForm {
  readonly element: HTMLFormElement;
  readonly #encoder: Encoder;
  readonly #call: HTMLSelectElement;
  readonly #fields: readonly HTMLInputElement[];
  readonly #flagged: readonly FlaggedCall[];
  readonly #marks = element("input", { type: "checkbox", checked: true, autocomplete: "off" });
  readonly #parent = textField("0", "parent");
  #touched = false;

  /** @param changed is called after every change */
  constructor(encoder: Encoder, changed: () => void) {
    this.#encoder = encoder;
    const { constants } = encoder;
    const calls = constantsOf("syscall", constants)
      .map(([name, number]) => [name.slice("SYS_".length), number] as const)
      .toSorted(([a], [b]) => (a < b ? -1 : 1));
    this.#call = select(
      calls.map(([name, number]) => [`${name} (${number})`, name]),
      "clone",
    );
    this.#fields = ARGUMENTS.map((register) => textField("0", register));
    this.#flagged = [cloneFlags(encoder), waitOptions(encoder)];
    this.element = this.#build();
    this.element.addEventListener("submit", (event) => event.preventDefault());
    this.#parent.addEventListener("input", () => {
      this.#touched = true;
    });
    this.element.addEventListener("input", () => changed());
  }

  /** The parent's pid of the bootstrap, unless the reader has chosen one. */
  suggestParent(pid: number): void {
    if (!this.#touched) this.#parent.value = `${pid}`;
  }

  /** What is asked for now. Shows on the way what belongs to the call. */
  wanted(): Wanted {
    const call = this.#call.value;
    const flags = this.#encodeFlags(call);
    const words: bigint[] = [];
    const refusals: string[] = [];
    for (const [i, field] of this.#fields.entries()) {
      const given = flags?.argument === i ? flags.word : undefined;
      takeOver(field, given);
      words.push(given ?? this.#read(field, refusals));
    }
    if (flags !== undefined && flags.word < 0n) {
      refusals.push(`-EINVAL: the encoder refuses these flags of ${call}, as the kernel does`);
    }
    const parent = this.#marks.checked ? this.#readParent(refusals) : null;
    const [refusal] = refusals;
    if (refusal !== undefined) return { refusal };
    const number = this.#encoder.constants.get(`SYS_${call}`) ?? 0n;
    return { refusal: null, number, arguments: words, parent };
  }

  #build(): HTMLFormElement {
    const fields = this.#fields.map((field, i) =>
      labelled(element("span", {}, `${i} `, element("code", {}, field.name)), field),
    );
    return element(
      "form",
      { id: "encoder-form", "aria-label": "What to encode" },
      element(
        "fieldset",
        {},
        element("legend", {}, "System call"),
        labelled("call", this.#call),
        element("div", { class: "arguments" }, ...fields),
        element(
          "p",
          { class: "soft" },
          "Arguments are numbers in any base, or flags: PROT_READ|PROT_EXEC.",
        ),
      ),
      ...this.#flagged.map((each) => each.element),
      element(
        "fieldset",
        {},
        element("legend", {}, "Bootstrap"),
        element(
          "label",
          {},
          this.#marks,
          " mark a clone under way: 1 in RBX, and the parent in R15",
        ),
        element("p", {}, labelled("the parent’s pid", this.#parent)),
      ),
    );
  }

  /** Shows the flags of the call, where it has some, and encodes them. */
  #encodeFlags(call: string): FlagArgument | undefined {
    for (const each of this.#flagged) each.element.hidden = each.call !== call;
    return this.#flagged.find((each) => each.call === call)?.encode();
  }

  #read(field: HTMLInputElement, refusals: string[]): bigint {
    try {
      const word =
        field.value.trim() === "" ? 0n : parseFlags(field.value, this.#encoder.constants);
      markInvalid(field, false);
      return word;
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      markInvalid(field, true);
      refusals.push(`${field.name}: ${why}`);
      return 0n;
    }
  }

  #readParent(refusals: string[]): number {
    const pid = parseNumber(this.#parent.value.trim());
    const isPid = pid !== undefined && pid >= 0n && pid <= MOST_PID;
    markInvalid(this.#parent, !isPid);
    if (isPid) return Number(pid);
    refusals.push("the parent’s pid is a number from 0 to 2147483647");
    return 0;
  }
}

/** Has a field show a word from elsewhere, or, where there is none, what was typed into it. */
function takeOver(field: HTMLInputElement, word: bigint | undefined): void {
  if (word === undefined) {
    if (field.readOnly) field.value = field.dataset.typed ?? "0";
  } else {
    if (!field.readOnly) field.dataset.typed = field.value;
    field.value = tellWord(word);
  }
  field.readOnly = word !== undefined;
}

/** Says that a field has no meaning; what is wrong with it stands over the registers. */
function markInvalid(field: HTMLInputElement, invalid: boolean): void {
  if (invalid) {
    field.setAttribute("aria-invalid", "true");
    field.setAttribute("aria-describedby", "encoder-status");
  } else {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

function textField(value: string, name: string): HTMLInputElement {
  return element("input", {
    type: "text",
    name,
    value,
    spellcheck: "false",
    autocomplete: "off",
    autocapitalize: "off",
    maxlength: 200,
  });
}
