// The script of a recording's page. The build bundles it, and the page holds the text.

import { find } from "./elements.ts";
import { serveEncoder } from "./encoder.ts";
import { serveKeys } from "./keys.ts";
import { nameInAddress, serveCopying, serveLinks, stepOf } from "./link.ts";
import { hideInPicture, showInPicture } from "./picture.ts";
import { Player } from "./player.ts";
import { readStory } from "./story.ts";

const story = readStory();
const { length } = story.recording.steps;
const section = find("#player", HTMLElement);
const lanes = find("#lanes", HTMLElement);
const player = new Player(story);

section.hidden = false;
player.onShown((index) => {
  showInPicture(index);
  hideInPicture((each) => player.isSecret(each));
});
player.onSettled(nameInAddress);
serveKeys((name) => player.move(name));
serveCopying(
  () => player.index,
  (sentence) => player.announce(sentence),
);
serveLinks(length, (index, far) => {
  player.go(index);
  if (!far) return;
  player.focus();
  lanes.scrollIntoView();
});
void serveEncoder(story, player);

const linked = stepOf(location.hash, length);
player.start(linked ?? 0);
if (linked !== undefined) lanes.scrollIntoView();
performance.mark("interactive");
