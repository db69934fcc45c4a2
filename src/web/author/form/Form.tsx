// A form that is made from a JSON Schema. What the server holds against a value stands at its field.

import { ArrowUp, Plus, Trash2 } from "lucide-react";
import { createContext, type ReactNode, useContext, useId, useState } from "react";
import { Button as Press } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Button, css as ui, Field } from "../../app/ui";
import { Pick, Segments } from "../../app/ui/choice";
import css from "../author.module.css";
import { Language } from "./Language";
import { MediaField } from "../media/MediaField";
import { blank, type Definitions, isEmpty, isMedia, isNumber, isTextList, plain, type Schema, type Values } from "./schema";

export interface Told {
  /** As `options[1]`. */
  field: string;
  message: string;
}

interface Around {
  definitions: Definitions;
  told: Told | null;
  courseId: string;
  isReadOnly: boolean;
}

const Surroundings = createContext<Around>({ definitions: {}, told: null, courseId: "", isReadOnly: false });

interface FormProps extends Omit<Around, "definitions"> {
  schema: Schema;
  definitions?: Definitions;
  value: Values;
  onChange: (value: Values) => void;
  /** Names of fields that are shown only to whoever asks. */
  aside?: readonly string[];
  skip?: readonly string[];
}

export function Form({ schema, definitions = {}, value, onChange, aside = [], skip = ["kind"], ...around }: FormProps) {
  const { t } = useTranslation();
  const names = Object.keys(schema.properties ?? {}).filter((name) => !skip.includes(name));
  const isAside = (name: string) => aside.includes(name) || (!schema.required?.includes(name) && isEmpty(value[name]) && isRare(name));
  const [later] = useState(() => new Set(names.filter(isAside)));
  const entry = (name: string) => <Entry key={name} name={name} path={name} schema={schema.properties?.[name] ?? {}} value={value[name]} siblings={value} isNeeded={schema.required?.includes(name) ?? false} onChange={(one) => onChange({ ...value, [name]: one })} />;
  const tucked = names.filter((name) => later.has(name));
  return (
    <Surroundings value={{ definitions, ...around }}>
      <div className={ui.stack}>
        {names.filter((name) => !later.has(name)).map(entry)}
        {tucked.length > 0 && <details className={css.more} open={tucked.some((name) => around.told?.field.startsWith(name))}><summary>{t("author.more_fields")}</summary><div className={ui.stack}>{tucked.map(entry)}</div></details>}
      </div>
    </Surroundings>
  );
}

const RARE = new Set(["shares", "weights", "feedback", "images", "audio", "decoys", "case", "other_units", "others", "tolerance", "also", "if_true", "if_false", "note", "back_image", "back_audio", "model", "least_words", "most_words", "repository", "licence", "dictionary", "prerequisites", "special_characters", "skills", "image", "materials", "sentences"]);
const isRare = (name: string) => RARE.has(name);
/** Texts that are written at length. */
const LONG = 2_000;

interface EntryProps {
  name: string;
  path: string;
  schema: Schema;
  value: unknown;
  siblings: Values;
  isNeeded: boolean;
  onChange: (value: unknown) => void;
  /** Where the name says too little: "Gap 2". */
  label?: string;
}

function useName(): (name: string) => string {
  const { t } = useTranslation();
  return (name) => t(`author.field.${name}`, { defaultValue: `${name.charAt(0).toUpperCase()}${name.slice(1).replaceAll("_", " ")}` });
}

function Entry({ name, path, schema: given, value, siblings, isNeeded, onChange, label: named }: EntryProps) {
  const { t, i18n } = useTranslation();
  const { definitions, told, courseId, isReadOnly } = useContext(Surroundings);
  const nameOf = useName();
  const schema = plain(given, definitions);
  const label = named ?? nameOf(name);
  const error = told?.field === path || (isTextList(schema) && told?.field.startsWith(`${path}[`)) ? told.message : undefined;
  const hint = i18n.exists(`author.hint.${name}`) ? t(`author.hint.${name}`) : undefined;
  const common = { label, error, isReadOnly, ...(hint ? { hint } : {}) };
  const options = Array.isArray(siblings.options) ? (siblings.options as unknown[]).filter((one): one is string => typeof one === "string") : null;
  if (isMedia(schema)) return <MediaField label={label} courseId={courseId} value={String(value ?? "")} kind={name === "slow" ? "audio" : undefined} isReadOnly={isReadOnly} error={error} onChange={onChange} />;
  if (name === "answer" && schema.type === "string" && options) {
    const choices = ["", ...new Set(options)].map((one) => ({ value: one, name: one || t("author.choose") }));
    return <div><Pick label={label} isDisabled={isReadOnly} value={String(value ?? "")} options={choices} onChange={onChange} /><Wrong text={error} /></div>;
  }
  if (name === "answers" && options) return <Several label={label} options={options} value={(value ?? []) as string[]} error={error} isReadOnly={isReadOnly} onChange={onChange} />;
  if (name === "language" || name.endsWith("_language")) return <Language label={label} error={error} isReadOnly={isReadOnly} isRequired={isNeeded} value={String(value ?? "")} onChange={onChange} />;
  if (schema.enum) return <Pick label={label} isDisabled={isReadOnly} value={String(value ?? schema.default ?? "")} options={schema.enum.map((one) => ({ value: one, name: t(`author.value.${one || "none"}`, { defaultValue: one }) }))} onChange={onChange} />;
  if (name === "answer" && schema.type === "boolean") {
    const choices = [{ value: "true", name: t("author.is_true") }, { value: "false", name: t("author.is_false") }];
    return <Segments label={label} shown options={choices} isDisabled={isReadOnly} value={String(value ?? false)} onChange={(chosen) => onChange(chosen === "true")} />;
  }
  if (schema.type === "boolean") {
    return <label className={css.check}><input type="checkbox" disabled={isReadOnly} checked={Boolean(value)} onChange={(event) => onChange(event.target.checked)} />{label}</label>;
  }
  if (isNumber(schema)) {
    return <Field {...common} inputMode="decimal" isRequired={isNeeded} value={value === null || value === undefined ? "" : String(value)} onChange={(text) => onChange(text.trim() === "" ? null : Number.isNaN(Number(text)) ? text : Number(text))} />;
  }
  if (isTextList(schema)) return <Lines {...common} isNeeded={isNeeded} value={(value ?? []) as string[]} onChange={onChange} />;
  if (schema.prefixItems) return <Tuple label={label} path={path} parts={schema.prefixItems} value={(value ?? []) as unknown[]} onChange={onChange} />;
  if (schema.type === "array") return <Many label={label} name={name} path={path} schema={schema} value={(value ?? []) as unknown[]} error={error} onChange={onChange} />;
  if (schema.type === "object" && !schema.properties) {
    const keys = options ?? (Array.isArray(siblings.pairs) ? (siblings.pairs as unknown[][]).map((pair) => String(pair[0])) : []);
    return <Named label={label} path={path} schema={schema} keys={keys} value={(value ?? {}) as Values} error={error} onChange={onChange} />;
  }
  if (schema.type === "object") return <Group label={label} path={path} schema={schema} isNeeded={isNeeded} value={value as Values | null | undefined} error={error} onChange={onChange} />;
  const lines = (schema.maxLength ?? 0) > LONG ? 6 : name === "text" || name === "description" || name === "introduction" ? 2 : undefined;
  return <Field {...common} isRequired={isNeeded} dir="auto" {...(lines ? { lines } : {})} {...(schema.maxLength ? { maxLength: schema.maxLength } : {})} value={String(value ?? "")} onChange={onChange} />;
}

function Wrong({ text }: { text: string | undefined }) {
  return text ? <p className={ui.error} role="alert">{text}</p> : null;
}

/** A text on each line. */
function Lines({ value, onChange, isNeeded, ...props }: { label: string; hint?: string; error: string | undefined; isReadOnly: boolean; isNeeded: boolean; value: readonly string[]; onChange: (value: string[]) => void }) {
  const { t } = useTranslation();
  const [text, setText] = useState(() => value.join("\n"));
  const said = lines(text);
  // What came from elsewhere counts more than blank lines.
  const shown = JSON.stringify(said) === JSON.stringify(value) ? text : value.join("\n");
  return (
    <Field
      {...props} hint={props.hint ?? t("author.one_a_line")} dir="auto" isRequired={isNeeded} lines={Math.min(10, Math.max(2, shown.split("\n").length))} value={shown}
      onChange={(next) => {
        setText(next);
        onChange(lines(next));
      }}
    />
  );
}

const lines = (text: string) => text.split("\n").map((line) => line.trim()).filter(Boolean);

function Several({ label, options, value, error, isReadOnly, onChange }: { label: string; options: readonly string[]; value: readonly string[]; error: string | undefined; isReadOnly: boolean; onChange: (value: string[]) => void }) {
  const { t } = useTranslation();
  return (
    <fieldset className={css.group} disabled={isReadOnly}>
      <legend className={ui.label}>{label}</legend>
      {options.length === 0 && <p className={ui.hint}>{t("author.options_first")}</p>}
      {[...new Set(options)].map((option) => (
        <label key={option} className={css.check}>
          <input type="checkbox" checked={value.includes(option)} onChange={(event) => onChange(options.filter((one) => (one === option ? event.target.checked : value.includes(one))))} />
          <span dir="auto">{option}</span>
        </label>
      ))}
      <Wrong text={error} />
    </fieldset>
  );
}

function Tuple({ label, path, parts, value, onChange }: { label: string; path: string; parts: readonly Schema[]; value: readonly unknown[]; onChange: (value: unknown[]) => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.pair}>
      {parts.map((part, place) => (
        <Entry key={place} name="" label={t(place ? "author.right_of" : "author.left_of", { name: label })} path={`${path}[${place}]`} schema={part} value={value[place]} siblings={{}} isNeeded onChange={(one) => onChange(parts.map((_, each) => (each === place ? one : value[each] ?? "")))} />
      ))}
    </div>
  );
}

function Many({ label, name, path, schema, value, error, onChange }: { label: string; name: string; path: string; schema: Schema; value: readonly unknown[]; error: string | undefined; onChange: (value: unknown[]) => void }) {
  const { t } = useTranslation();
  const { definitions, isReadOnly } = useContext(Surroundings);
  const items = schema.items || {};
  const one = t(`author.one.${name}`, { defaultValue: label });
  return (
    <fieldset className={css.group}>
      <legend className={ui.label}>{label}</legend>
      {value.map((each, place) => (
        <div key={place} className={css.item}>
          <div className={css.itemBody}><Entry name="" label={t("author.numbered", { name: one, number: place + 1 })} path={`${path}[${place}]`} schema={items} value={each} siblings={{}} isNeeded onChange={(changed) => onChange(value.map((other, at) => (at === place ? changed : other)))} /></div>
          {!isReadOnly && (
            <div className={css.itemTools}>
              {place > 0 && <Tool label={t("author.earlier", { name: one, number: place + 1 })} onPress={() => onChange(swapped(value, place))}><ArrowUp aria-hidden size={18} /></Tool>}
              <Tool label={t("author.remove_numbered", { name: one, number: place + 1 })} onPress={() => onChange(value.filter((_, at) => at !== place))}><Trash2 aria-hidden size={18} /></Tool>
            </div>
          )}
        </div>
      ))}
      <Wrong text={error} />
      {!isReadOnly && value.length < (schema.maxItems ?? Infinity) && <Button small onPress={() => onChange([...value, blank(items, definitions)])}><Plus aria-hidden size={16} />{t("author.add_one", { name: one })}</Button>}
    </fieldset>
  );
}

function swapped(value: readonly unknown[], place: number): unknown[] {
  const next = [...value];
  [next[place - 1], next[place]] = [next[place], next[place - 1]];
  return next;
}

function Tool({ label, onPress, children }: { label: string; onPress: () => void; children: ReactNode }) {
  return <Press className={css.tool ?? ""} aria-label={label} onPress={onPress}>{children}</Press>;
}

/** Values under names that the author gives, most of them texts from another field. */
function Named({ label, path, schema, keys, value, error, onChange }: { label: string; path: string; schema: Schema; keys: readonly string[]; value: Values; error: string | undefined; onChange: (value: Values) => void }) {
  const { t } = useTranslation();
  const { definitions, isReadOnly } = useContext(Surroundings);
  const list = useId();
  const items = typeof schema.additionalProperties === "object" ? schema.additionalProperties : {};
  // Rows and not an object: while a name is typed it may be that of another row.
  const [typed, setTyped] = useState(() => Object.entries(value));
  const rows = JSON.stringify(named(typed)) === JSON.stringify(value) ? typed : Object.entries(value);
  const put = (next: [string, unknown][]) => {
    setTyped(next);
    onChange(named(next));
  };
  const free = keys.find((key) => !rows.some(([one]) => one === key)) ?? "";
  return (
    <fieldset className={css.group}>
      <legend className={ui.label}>{label}</legend>
      <datalist id={list}>{[...new Set(keys)].filter(Boolean).map((key) => <option key={key} value={key} />)}</datalist>
      {rows.map(([key, each], place) => (
        <div key={place} className={css.item}>
          <div className={`${css.itemBody} ${css.pair}`}>
            <label className={ui.field}><span className={ui.label}>{t("author.for_whom", { name: label })}</span><input className={ui.input} dir="auto" list={list} readOnly={isReadOnly} value={key} onChange={(event) => put(rows.map((row, at) => (at === place ? [event.target.value, row[1]] : row)))} /></label>
            <Entry name="" label={label} path={`${path}[...]`} schema={items} value={each} siblings={{}} isNeeded onChange={(changed) => put(rows.map((row, at) => (at === place ? [row[0], changed] : row)))} />
          </div>
          {!isReadOnly && <div className={css.itemTools}><Tool label={t("author.remove_numbered", { name: label, number: place + 1 })} onPress={() => put(rows.filter((_, at) => at !== place))}><Trash2 aria-hidden size={18} /></Tool></div>}
        </div>
      ))}
      <Wrong text={error} />
      {!isReadOnly && <Button small onPress={() => put([...rows, [free, blank(items, definitions)]])}><Plus aria-hidden size={16} />{t("author.add_one", { name: label })}</Button>}
    </fieldset>
  );
}

const named = (rows: readonly [string, unknown][]): Values => Object.fromEntries(rows.filter(([key]) => key !== ""));

function Group({ label, path, schema, isNeeded, value, error, onChange }: { label: string; path: string; schema: Schema; isNeeded: boolean; value: Values | null | undefined; error: string | undefined; onChange: (value: Values | null) => void }) {
  const { t } = useTranslation();
  const { courseId, definitions, isReadOnly } = useContext(Surroundings);
  const properties = Object.entries(schema.properties ?? {});
  const kind = schema.title === "Image" ? "image" : schema.title === "Audio" ? "audio" : undefined;
  if (!value) {
    if (isReadOnly) return null;
    if (kind) return <MediaField label={label} courseId={courseId} kind={kind} value="" isReadOnly={false} error={error} onChange={(media) => onChange({ media })} />;
    return <div><Button small onPress={() => onChange(blank(schema, definitions) as Values)}><Plus aria-hidden size={16} />{t("author.add_one", { name: label })}</Button></div>;
  }
  return (
    <fieldset className={css.group}>
      <legend className={kind ? "visually-hidden" : ui.label}>{label}</legend>
      {properties.map(([name, one]) => {
        const put = (changed: unknown) => onChange(kind && name === "media" && changed === "" && !isNeeded ? null : { ...value, [name]: changed });
        if (kind && isMedia(plain(one, definitions))) {
          const isMain = name === "media";
          return <MediaField key={name} label={isMain ? label : t(`author.field.${name}`)} courseId={courseId} kind={kind} value={String(value[name] ?? "")} isReadOnly={isReadOnly} error={isMain ? error : undefined} onChange={(ref) => put(ref === "" && !isMain ? null : ref)} />;
        }
        return <Entry key={name} name={name} path={`${path}.${name}`} schema={one} value={value[name]} siblings={value} isNeeded={schema.required?.includes(name) ?? false} onChange={put} />;
      })}
      {!isNeeded && !kind && !isReadOnly && <Button small look="quiet" onPress={() => onChange(null)}><Trash2 aria-hidden size={16} />{t("author.remove_one", { name: label })}</Button>}
      <Wrong text={kind ? undefined : error} />
    </fieldset>
  );
}
