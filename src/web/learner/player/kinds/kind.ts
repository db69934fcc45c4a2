// What the player asks of the part that shows a kind of exercise.

import type { ComponentType } from "react";
import type { Schemas } from "../../../app/api";

export type AnyPrompt = Schemas["ExerciseOut"]["prompt"];
export type PromptOf<K extends AnyPrompt["kind"]> = Extract<AnyPrompt, { kind: K }>;

export type Picture = Schemas["ImageOut"];
export type Recording = Schemas["AudioOut"];

export interface KindProps<P = AnyPrompt> {
  prompt: P;
  /** What is given so far, as JSON for the server; null while it is no answer yet. */
  onChange: (answer: unknown) => void;
  /** For whoever presses Enter in a field. */
  onSubmit: () => void;
  /** Gives an answer at once, without a press of "Check". */
  onAnswer: (answer: unknown) => void;
  /** It was graded: nothing changes any more. */
  isLocked: boolean;
}

export interface KindView<P = never> {
  /** Key of a sentence that says what to do. */
  task: string;
  View: ComponentType<KindProps<P>>;
  /** Letters are typed, so that the course's special ones are offered. */
  isTyped?: boolean;
  /** An answer is one only when nothing can be added to it: then "Check" is what comes next. */
  isWhole?: boolean;
  /** Learners judge themselves: nothing is said about it afterwards. */
  isSelfGraded?: boolean;
}
