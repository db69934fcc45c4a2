// What the player asks of the part that shows a kind of exercise.

import type { ComponentType } from "react";
import type { Schemas } from "../../../app/api";

export type AnyPrompt = Schemas["ExerciseOut"]["prompt"];
export type PromptOf<K extends AnyPrompt["kind"]> = Extract<AnyPrompt, { kind: K }>;

export interface KindProps<P = AnyPrompt> {
  prompt: P;
  /** What is given so far, as JSON for the server; null while it is no answer yet. */
  onChange: (answer: unknown) => void;
  /** For whoever presses Enter in a field. */
  onSubmit: () => void;
  /** It was graded: nothing changes any more. */
  isLocked: boolean;
  /** Letters that a keyboard may not have. */
  characters: readonly string[];
}

export interface KindView<P = never> {
  /** Key of a sentence that says what to do. */
  task: string;
  View: ComponentType<KindProps<P>>;
}
