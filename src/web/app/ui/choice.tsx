// One out of several: side by side where there are few, in a list of the browser's own where there are many.

import { useId } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import { css as ui } from "./index";
import css from "./choice.module.css";

export interface Option<T extends string> {
  value: T;
  name: string;
}

interface Choice<T extends string> {
  label: string;
  options: readonly Option<T>[];
  value: T;
  onChange: (value: T) => void;
  isDisabled?: boolean;
}

export function Segments<T extends string>({ label, options, value, onChange, isDisabled = false, shown = false }: Choice<T> & { shown?: boolean }) {
  return (
    <RadioGroup className={css.group ?? ""} aria-label={label} value={value} onChange={(chosen) => onChange(chosen as T)} orientation="horizontal" isDisabled={isDisabled}>
      {shown && <Label className={ui.label ?? ""}>{label}</Label>}
      <div className={css.segments}>
        {options.map((option) => <Radio key={option.value} value={option.value} className={css.segment ?? ""}>{option.name}</Radio>)}
      </div>
    </RadioGroup>
  );
}

export function Pick<T extends string>({ label, options, value, onChange, isDisabled = false }: Choice<T>) {
  const id = useId();
  return (
    <div className={ui.field}>
      <label className={ui.label} htmlFor={id}>{label}</label>
      <select id={id} className={ui.input} value={value} disabled={isDisabled} onChange={(event) => onChange(event.target.value as T)}>
        {options.map((option) => <option key={option.value} value={option.value}>{option.name}</option>)}
      </select>
    </div>
  );
}
