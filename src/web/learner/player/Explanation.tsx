// What an author says in Markdown. Pictures and links lead nowhere but where they say; no HTML.

import Markdown from "react-markdown";
import css from "./player.module.css";

export default function Explanation({ text, language }: { text: string; language?: string }) {
  return <div className={css.explanation} lang={language}><Markdown>{text}</Markdown></div>;
}
