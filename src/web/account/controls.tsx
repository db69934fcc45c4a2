// Controls of forms, as React Aria behaves and as the rest of the client looks.

import { Check, ChevronDown } from "lucide-react";
import { type ReactNode, useState } from "react";
import {
  Button as AriaButton,
  ComboBox,
  Input,
  Label,
  ListBox,
  ListBoxItem,
  Popover,
  Radio,
  RadioGroup,
  Select as AriaSelect,
  SelectValue,
  Switch as AriaSwitch,
  Text,
} from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Button, css as ui } from "../app/ui";
import css from "./account.module.css";

export interface Choice {
  id: string;
  name: string;
  about?: string;
}

interface Choosing {
  label: string;
  choices: readonly Choice[];
  value: string;
  onChange: (id: string) => void;
  isDisabled?: boolean;
  /** The label is for screen readers only. */
  bare?: boolean;
}

function options(choices: readonly Choice[]): ReactNode {
  return choices.map(({ id, name }) => (
    <ListBoxItem key={id} id={id} textValue={name} className={css.option ?? ""}>{name}<Check aria-hidden size={16} /></ListBoxItem>
  ));
}

export function Select({ label, choices, value, onChange, isDisabled = false, bare = false }: Choosing) {
  return (
    <AriaSelect className={ui.field ?? ""} isDisabled={isDisabled} selectedKey={value} onSelectionChange={(key) => onChange(String(key))}>
      <Label className={bare ? "visually-hidden" : ui.label ?? ""}>{label}</Label>
      <AriaButton className={`${ui.input} ${css.select}`}><SelectValue className={css.chosen ?? ""} /><ChevronDown aria-hidden size={18} /></AriaButton>
      <Popover className={css.popover ?? ""}><ListBox className={css.options ?? ""}>{options(choices)}</ListBox></Popover>
    </AriaSelect>
  );
}

/** A list too long to look through: typing narrows it. */
export function Search({ label, choices, value, onChange }: Choosing) {
  return (
    <ComboBox className={ui.field ?? ""} selectedKey={value} onSelectionChange={(key) => key !== null && onChange(String(key))} menuTrigger="focus">
      <Label className={ui.label ?? ""}>{label}</Label>
      <div className={css.combo}>
        <Input className={ui.input ?? ""} />
        <AriaButton className={css.comboButton ?? ""}><ChevronDown aria-hidden size={18} /></AriaButton>
      </div>
      <Popover className={css.popover ?? ""}><ListBox className={css.options ?? ""}>{options(choices)}</ListBox></Popover>
    </ComboBox>
  );
}

export function Choices({ label, choices, value, onChange, isDisabled = false }: Choosing) {
  return (
    <RadioGroup className={ui.field ?? ""} value={value} onChange={onChange} isDisabled={isDisabled}>
      <Label className={ui.label ?? ""}>{label}</Label>
      <div className={css.radios}>
        {choices.map(({ id, name, about }) => (
          <Radio key={id} value={id} className={css.radio ?? ""}><span className={css.dot} /><span><b>{name}</b>{about && <small>{about}</small>}</span></Radio>
        ))}
      </div>
    </RadioGroup>
  );
}

/** To the clipboard; nothing where the browser keeps it from this page. */
export function Copy({ text }: { text: string }) {
  const { t } = useTranslation();
  const [isDone, setDone] = useState(false);
  if (!("clipboard" in navigator)) return null;
  const copy = () => void navigator.clipboard.writeText(text).then(() => setDone(true), () => setDone(false));
  return <Button onPress={copy}><span aria-live="polite">{t(isDone ? "act.copied" : "act.copy")}</span></Button>;
}

interface Switching {
  label: string;
  about?: string;
  isOn: boolean;
  onChange: (on: boolean) => void;
  isDisabled?: boolean;
}

export function Switch({ label, about, isOn, onChange, isDisabled = false }: Switching) {
  return (
    <div className={css.switchLine}>
      <AriaSwitch className={css.switch ?? ""} isSelected={isOn} onChange={onChange} isDisabled={isDisabled}>
        <span className={css.track}><span className={css.thumb} /></span>{label}
      </AriaSwitch>
      {about && <Text className={ui.hint ?? ""}>{about}</Text>}
    </div>
  );
}
