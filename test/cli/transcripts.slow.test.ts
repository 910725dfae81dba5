import { runTranscripts } from "../support/transcripts.ts";

runTranscripts(true);
