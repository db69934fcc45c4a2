// What an author says in Markdown. Pictures and links lead nowhere but where they say; no HTML.

import type { ComponentProps } from "react";
import Markdown from "react-markdown";
import css from "./player.module.css";

/** Nobody loses their lesson by a link. */
function Leading({ href, children }: ComponentProps<"a">) {
  return <a href={href} target="_blank" rel="noreferrer">{children}</a>;
}

export default function Explanation({ text, language }: { text: string; language?: string }) {
  return <div className={css.explanation} lang={language}><Markdown components={{ a: Leading }}>{text}</Markdown></div>;
}
