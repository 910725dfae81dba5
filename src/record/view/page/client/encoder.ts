import type { Encoder } from "../../../../encoder/encoder.ts";
import { expectDriver } from "../../../../encoder/guarded.ts";
import { bindModule } from "../../../../encoder/module.ts";
import { stepNumber } from "../../told.ts";
import { element, fill, find } from "./elements.ts";
import { EncoderForm } from "./encoder_form.ts";
import { Workbench } from "./encoder_result.ts";
import { type Player, SETTLED } from "./player.ts";
import type { Story } from "./story.ts";

/** Fills the panel of the encoder. Whatever goes wrong with the module, the rest of the page works. */
export async function serveEncoder(story: Story, player: Player): Promise<void> {
  const panel = find("#encoder-panel", HTMLElement);
  find("#encoder", HTMLElement).hidden = false;
  try {
    const encoder = await instantiate(story.module);
    serve(panel, encoder, story, player);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    fill(panel, element("p", { class: "bad" }, "The module cannot run here: ", why));
  }
}

async function instantiate(base64: string): Promise<Encoder> {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const { instance } = await WebAssembly.instantiate(bytes);
  return expectDriver(bindModule("assembly", instance.exports));
}

function serve(panel: HTMLElement, encoder: Encoder, story: Story, player: Player): void {
  const workbench = new Workbench(encoder);
  let timer: ReturnType<typeof setTimeout> | undefined;
  const form = new EncoderForm(encoder, () => {
    const sentence = workbench.encode(form.wanted());
    clearTimeout(timer);
    timer = setTimeout(() => player.announce(sentence), SETTLED);
  });
  fill(panel, form.element, workbench.element);
  const follow = (index: number) => {
    const { steps, lanes } = story.recording;
    const step = steps[index];
    form.suggestParent(lanes.find(({ id }) => id === step?.about)?.pid ?? 0);
    workbench.begin(step?.registers?.after, `step ${stepNumber(index)}`);
    workbench.encode(form.wanted());
  };
  player.onSettled(follow);
  follow(player.index);
}
