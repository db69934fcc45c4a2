// A language, by its name or by its BCP 47 tag.

import { useEffect, useId, useMemo, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { useFormat } from "../../app/format";
import { css as ui } from "../../app/ui";

const TAGS = "af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fil fr ga gl gu ha haw he hi hr hu hy id ig is it ja ka kk km kn ko ky la lb lo lt lv mi mk ml mn mr ms mt my nb ne nl nn pa pl ps pt pt-BR ro ru sk sl so sq sr sv sw ta te th tl tr uk ur uz vi xh yo zh zh-Hans zh-Hant zu".split(" ");
const TAG = /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/;

interface Props {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  value: string;
  onChange: (tag: string) => void;
  isRequired?: boolean;
  isReadOnly?: boolean;
}

export function Language({ label, hint, error, value, onChange, isRequired = false, isReadOnly = false }: Props) {
  const { t } = useTranslation();
  const format = useFormat();
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const names = useMemo(() => new Map(TAGS.map((tag) => [format.language(tag), tag])), [format]);
  const nameOf = (tag: string) => (TAG.test(tag) ? format.language(tag) : tag);
  const tagOf = (text: string) => names.get(text) ?? [...names].find(([name]) => name.toLocaleLowerCase() === text.trim().toLocaleLowerCase())?.[1] ?? text.trim();
  const [typed, setTyped] = useState(() => nameOf(value));
  const [isLeft, setIsLeft] = useState(false);
  const text = tagOf(typed) === value ? typed : nameOf(value);
  const wrong = value !== "" && !TAG.test(value) ? t("author.no_such_language") : "";
  const said = error ?? (isLeft && wrong ? wrong : undefined);
  useEffect(() => field.current?.setCustomValidity(wrong), [wrong]);
  return (
    <div className={ui.field}>
      <label className={ui.label} htmlFor={id}>{label}</label>
      <input
        ref={field} id={id} className={ui.input} list={`${id}-all`} value={text} required={isRequired} readOnly={isReadOnly} maxLength={60} autoComplete="off" spellCheck={false}
        aria-describedby={`${id}-said`} aria-invalid={said !== undefined} onBlur={() => setIsLeft(true)}
        onChange={(event) => {
          setTyped(event.target.value);
          onChange(tagOf(event.target.value));
        }}
      />
      <datalist id={`${id}-all`}>{[...names].map(([name, tag]) => <option key={tag} value={name}>{tag}</option>)}</datalist>
      <p id={`${id}-said`} className={said ? ui.error : ui.hint}>{said ?? (value && TAG.test(value) ? t("author.tag_is", { tag: value }) : hint ?? t("author.tag_hint"))}</p>
    </div>
  );
}
