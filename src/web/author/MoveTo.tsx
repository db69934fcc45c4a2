// Puts a unit, a lesson or an exercise below another section, unit or lesson, without a mouse.

import { useId, useState } from "react";
import { useTranslation } from "react-i18next";
import { Answer, Button, css as ui, Dialog, Row, Stack } from "../app/ui";
import css from "./author.module.css";
import { useTree } from "./draft";
import { ABOVE, type Branch, branches, type Place } from "./dragging";

interface Props {
  courseId: string;
  what: { kind: "unit" | "lesson" | "exercise" | "section"; title: string; parentId: string | null };
  onMove: (place: Place) => void;
  onClose: () => void;
}

interface Group {
  title: string;
  homes: readonly Branch[];
}

/** Where it can be, under the titles of what is above. */
function groupsOf(roots: readonly Branch[], kind: Branch["kind"]): Group[] {
  if (kind === "section") return [{ title: "", homes: roots }];
  if (kind === "unit") return roots.map((section) => ({ title: section.title, homes: section.children }));
  return roots.flatMap((section) => section.children.map((unit) => ({ title: `${section.title} › ${unit.title}`, homes: unit.children })));
}

export function MoveTo({ courseId, what, onMove, onClose }: Props) {
  const { t } = useTranslation();
  const tree = useTree(courseId);
  const kind = what.kind === "exercise" ? "lesson" : (ABOVE[what.kind] ?? "section");
  return (
    <Dialog title={t("author.move_title", { title: what.title })} isOpen onClose={onClose}>
      <Answer of={tree}>{(found) => <Choice groups={groupsOf(branches(found), kind)} kind={kind} now={what.parentId} onMove={onMove} onClose={onClose} />}</Answer>
    </Dialog>
  );
}

interface ChoiceProps {
  groups: readonly Group[];
  kind: Branch["kind"];
  now: string | null;
  onMove: (place: Place) => void;
  onClose: () => void;
}

function Choice({ groups, kind, now, onMove, onClose }: ChoiceProps) {
  const { t } = useTranslation();
  const id = useId();
  const all = groups.flatMap((group) => group.homes);
  const [chosen, setChosen] = useState(now ?? all[0]?.id ?? "");
  const [isFirst, setIsFirst] = useState(false);
  const home = all.find((one) => one.id === chosen);
  const options = (homes: readonly Branch[]) => homes.map((one) => <option key={one.id} value={one.id}>{one.id === now ? t("author.move_here", { title: one.title }) : one.title}</option>);
  const end = home ? (home.exercises ?? home.children.length) - (home.id === now ? 1 : 0) : 0;
  return (
    <form onSubmit={(event) => { event.preventDefault(); onClose(); if (home) onMove({ parentId: home.id, position: isFirst ? 0 : end }); }}>
      <Stack>
        <div className={ui.field}>
          <label className={ui.label} htmlFor={id}>{t(`author.kind.${kind}`)}</label>
          <select id={id} autoFocus className={ui.input} value={chosen} onChange={(event) => setChosen(event.target.value)}>
            {groups.map(({ title, homes }, place) => (title ? <optgroup key={place} label={title}>{options(homes)}</optgroup> : options(homes)))}
          </select>
        </div>
        <label className={css.check}><input type="checkbox" checked={isFirst} onChange={(event) => setIsFirst(event.target.checked)} />{t("author.move_first")}</label>
        <Row><Button type="submit" look="primary" isDisabled={!home}>{t("author.move")}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
      </Stack>
    </form>
  );
}
