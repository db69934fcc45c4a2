// The parts that all screens are made of. Behaviour, keyboard and roles are React Aria's; here is how they look.

import type { TFunction } from "i18next";
import { type ReactNode, useEffect, useRef } from "react";
import {
  Button as AriaButton,
  type ButtonProps as AriaButtonProps,
  Dialog as AriaDialog,
  FieldError,
  Heading,
  Input,
  Label,
  Link,
  type LinkProps,
  Modal,
  ModalOverlay,
  ProgressBar,
  Text,
  TextArea,
  TextField as AriaTextField,
  type TextFieldProps as AriaTextFieldProps,
} from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Offline } from "../api";
import { explain } from "../problems";
import css from "./ui.module.css";

export { css, explain };

const DOUBLE_MS = 400;

type Tone = "neutral" | "good" | "bad" | "warn";
type Look = "plain" | "primary" | "danger" | "quiet";

interface Looks {
  look?: Look;
  wide?: boolean;
  small?: boolean;
}

function looks({ look = "plain", wide, small }: Looks): string {
  return [css.button, look !== "plain" && css[look], wide && css.wide, small && css.small].filter(Boolean).join(" ");
}

export function Button({ look, wide, small, ...props }: AriaButtonProps & Looks) {
  return <AriaButton {...props} className={looks({ look, wide, small } as Looks)} />;
}

/** Goes somewhere and looks like a button. */
export function ButtonLink({ look, wide, small, ...props }: LinkProps & Looks) {
  return <Link {...props} className={looks({ look, wide, small } as Looks)} />;
}

export interface FieldProps extends Omit<AriaTextFieldProps, "children"> {
  label: string;
  hint?: string;
  lines?: number;
  error?: string | undefined;
}

export function Field({ label, hint, lines, error, ...props }: FieldProps) {
  const { t } = useTranslation();
  const complained = useRef(false);
  // What the server refused may be sent again: the browser would hold the form back for it. Where nothing is said of it,
  // the browser's own checks show.
  const refused = error === undefined && !props.isInvalid ? { validationBehavior: "native" as const } : { validationBehavior: "aria" as const, isInvalid: true };
  return (
    <AriaTextField {...props} {...refused} className={css.field ?? ""}>
      {({ isInvalid }) => {
        complained.current ||= isInvalid;
        return (
          <>
            <Label className={css.label ?? ""}>{label}</Label>
            {lines ? <TextArea rows={lines} className={css.input ?? ""} /> : <Input className={css.input ?? ""} />}
            {hint && <Text slot="description" className={css.hint ?? ""}>{hint}</Text>}
            <FieldError className={css.error ?? ""}>{({ validationDetails, validationErrors }) => error ?? native(validationDetails, props, t) ?? validationErrors.join(" ")}</FieldError>
            {/* The complaint goes when the field is left, such as for a button, which must not move from under the mouse. */}
            {complained.current && !isInvalid && <span className={css.error} aria-hidden>&nbsp;</span>}
          </>
        );
      }}
    </AriaTextField>
  );
}

/** What the browser misses, in the language of the client and not in that of the browser. */
function native(missed: ValidityState, { type, minLength }: AriaTextFieldProps, t: TFunction): string | undefined {
  if (missed.valueMissing) return t("field.missing");
  if (missed.tooShort) return t("field.too_short", { count: minLength ?? 1 });
  if (missed.typeMismatch && type === "email") return t("field.no_email");
  if (missed.typeMismatch || missed.patternMismatch) return t("field.mistyped");
  return undefined;
}

export function Card({ children, ...props }: { children: ReactNode; className?: string; "aria-label"?: string }) {
  return <section {...props} className={`${css.card} ${props.className ?? ""}`}>{children}</section>;
}

export function Stack({ children, as: Tag = "div" }: { children: ReactNode; as?: "div" | "form" | "ul" | "section" }) {
  return <Tag className={css.stack}>{children}</Tag>;
}

export function Row({ children, between }: { children: ReactNode; between?: boolean }) {
  return <div className={`${css.row} ${between ? css.between : ""}`}>{children}</div>;
}

export function Notice({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <div className={css.notice} data-tone={tone} role={tone === "bad" ? "alert" : "status"}>{children}</div>;
}

export function Chip({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={css.chip} data-tone={tone}>{children}</span>;
}

/** `share` from 0 to 1. */
export function Bar({ share, label }: { share: number; label: string }) {
  return (
    <ProgressBar value={Math.round(share * 100)} aria-label={label}>
      <div className={css.bar}><div style={{ inlineSize: `${Math.min(100, Math.max(0, share * 100))}%` }} /></div>
    </ProgressBar>
  );
}

export function Loading({ lines = 3 }: { lines?: number }) {
  const { t } = useTranslation();
  return (
    <div className={css.stack} role="status" aria-label={t("state.loading")}>
      {Array.from({ length: lines }, (_, line) => <div key={line} className={css.skeleton} style={{ inlineSize: `${90 - line * 17}%` }} />)}
    </div>
  );
}

export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return <div className={css.state}><h2>{title}</h2>{children}</div>;
}

/** What went wrong, and a way on. */
export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const { t } = useTranslation();
  return (
    <div className={css.state} role="alert">
      <h2>{t(error instanceof Offline ? "state.offline" : "state.failed")}</h2>
      <p>{explain(error, t)}</p>
      {retry && <Button onPress={retry}>{t("state.retry")}</Button>}
    </div>
  );
}

interface Asked<T> {
  data: T | undefined;
  error: unknown;
  isPending: boolean;
  refetch: () => unknown;
}

/** Shows what a query gives, or that it is on its way, or what is in the way. */
export function Answer<T>({ of, children, lines }: { of: Asked<T>; children: (data: T) => ReactNode; lines?: number }) {
  if (of.data !== undefined) return children(of.data);
  if (of.error) return <Failed error={of.error} retry={() => void of.refetch()} />;
  return <Loading lines={lines ?? 3} />;
}

export function Dialog({ title, isOpen, onClose, children }: { title: string; isOpen: boolean; onClose: () => void; children: ReactNode }) {
  const openedAt = useRef(0);
  useEffect(() => {
    if (isOpen) openedAt.current = performance.now();
  }, [isOpen]);
  // The second click of a double one that opened it is beside it, and must not close it.
  const isMeant = () => performance.now() - openedAt.current > DOUBLE_MS;
  return (
    <ModalOverlay isDismissable shouldCloseOnInteractOutside={isMeant} isOpen={isOpen} onOpenChange={(open) => !open && onClose()} className={css.overlay ?? ""}>
      <Modal>
        <AriaDialog className={css.dialog ?? ""}>
          <div className={css.stack}>
            <Heading slot="title" level={2}>{title}</Heading>
            {children}
          </div>
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
