// The exercises of a lesson in their order: added, moved, also to another lesson, copied, deleted.

import { EllipsisVertical, GripVertical, Plus } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button as Press, GridList, GridListItem, Menu, MenuItem, MenuTrigger, Popover, useDragAndDrop } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { queries } from "../../app/api";
import { Answer, Button, Chip, Dialog, Empty } from "../../app/ui";
import css from "../author.module.css";
import { useCopy, useMove, useRemove } from "../changes";
import { type Node, PAGES, useDraft } from "../draft";
import type { Place } from "../dragging";
import type { Values } from "../form/schema";
import { MoveTo } from "../MoveTo";
import { inBrief } from "./node";

type Exercise = Omit<Node, "key">;

const bared = new WeakMap<object, Exercise>();

/** Without `key`, which the list would take for its own; the same for the same, which is not drawn anew then. */
function bare(node: Node): Exercise {
  const { key: _, ...one } = node;
  const known = bared.get(node) ?? one;
  bared.set(node, known);
  return known;
}

const contentOf = (node: Exercise) => (node.node as { content: Values }).content;
const titleOf = (node: Exercise) => inBrief(contentOf(node));

export function Exercises({ lesson, isDeck }: { lesson: Node; isDeck: boolean }) {
  const { t } = useTranslation();
  const draft = useDraft();
  const navigate = useNavigate();
  const [adds, setAdds] = useState(false);
  const [moves, setMoves] = useState<Exercise | null>(null);
  const list = queries.useInfiniteQuery("get", "/api/v1/authoring/courses/{course_id}/children", { params: { path: { course_id: draft.id }, query: { parent_id: lesson.id, limit: 100 } } }, PAGES);
  const { move, underWay } = useMove(draft.id);
  const copy = useCopy(draft.id);
  const remove = useRemove(draft.id);
  const found = useMemo(() => list.data?.pages.flatMap((page) => page.items.map(bare)) ?? [], [list.data]);
  const exercises = useMemo(() => (underWay ? reordered(found, underWay.id, underWay.place, lesson.id) : found), [found, underWay, lesson.id]);
  const put = ({ id, etag }: Exercise, place: Place) => move({ id, etag, place });
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": String(key) })),
    onReorder: (event) => {
      const from = exercises.findIndex((one) => event.keys.has(one.id));
      const at = exercises.findIndex((one) => one.id === event.target.key);
      const node = exercises[from];
      if (!node || at < 0) return;
      const gap = at + (event.target.dropPosition === "after" ? 1 : 0);
      put(node, { parentId: lesson.id, position: from < gap ? gap - 1 : gap });
    },
  });
  const add = (kind: string) => void navigate(`/author/${draft.id}/exercise/new?lesson=${lesson.id}&kind=${kind}`);
  const open = (id: string) => void navigate(`/author/${draft.id}/exercise/${id}`);
  const act = (key: string | number, node: Exercise) => {
    const place = exercises.indexOf(node);
    if (key === "open") open(node.id);
    else if (key === "copy") copy.mutate(node.id);
    else if (key === "up" && place > 0) put(node, { parentId: lesson.id, position: place - 1 });
    else if (key === "down" && place < exercises.length - 1) put(node, { parentId: lesson.id, position: place + 1 });
    else if (key === "move") setMoves(node);
    else if (key === "delete") remove.mutate({ id: node.id, etag: node.etag, title: titleOf(node) });
  };
  // Rows are drawn once for each exercise: what they do has to be of now.
  const doing = useRef(act);
  useEffect(() => {
    doing.current = act;
  });
  return (
    <section className={css.section}>
      <header className={css.head}>
        <h2>{t(isDeck ? "author.the_cards" : "author.the_exercises")}</h2>
        {draft.may_edit && <Button look="primary" onPress={() => (isDeck ? add("flashcard") : setAdds(true))}><Plus aria-hidden size={18} />{t(isDeck ? "author.add.card" : "author.add.exercise")}</Button>}
      </header>
      <Answer of={list}>
        {() => (
          <GridList
            aria-label={t("author.the_exercises")} className={css.tree ?? ""} items={exercises} selectionMode="none" {...(draft.may_edit ? { dragAndDropHooks } : {})} onAction={(key) => open(String(key))}
            renderEmptyState={() => <Empty title={t("author.no_exercise")} />}
          >
            {(node) => <GridListItem id={node.id} textValue={titleOf(node)} className={`${css.branch} ${css.lesson}`}><Line node={node} mayEdit={draft.may_edit} onAct={(key) => doing.current(key, node)} /></GridListItem>}
          </GridList>
        )}
      </Answer>
      {list.hasNextPage && <Button isDisabled={list.isFetchingNextPage} onPress={() => void list.fetchNextPage()}>{t("author.more")}</Button>}
      <Kinds isOpen={adds} onClose={() => setAdds(false)} onChoose={add} />
      {moves && <MoveTo courseId={draft.id} what={{ kind: "exercise", title: titleOf(moves), parentId: lesson.id }} onMove={(place) => put(moves, place)} onClose={() => setMoves(null)} />}
    </section>
  );
}

interface LineProps {
  node: Exercise;
  mayEdit: boolean;
  onAct: (key: string | number) => void;
}

function Line({ node, mayEdit, onAct }: LineProps) {
  const { t } = useTranslation();
  const kind = String(contentOf(node).kind);
  const title = titleOf(node);
  const item = (id: string, name: string, isBad = false) => <MenuItem id={id} className={`${css.menuItem} ${isBad ? css.bad : ""}`}>{name}</MenuItem>;
  return (
    <div className={css.line}>
      {mayEdit && <Press slot="drag" className={css.grip ?? ""}><GripVertical aria-hidden size={18} /></Press>}
      <span className={css.branchTitle}><bdi>{title}</bdi></span>
      <Chip>{t(`author.kinds.${kind}`, { defaultValue: kind })}</Chip>
      {mayEdit && (
        <MenuTrigger>
          <Press className={css.tool ?? ""} aria-label={t("author.actions_of", { title })}><EllipsisVertical aria-hidden size={18} /></Press>
          <Popover className={css.menu ?? ""}>
            <Menu onAction={onAct} aria-label={t("author.actions_of", { title })}>
              {item("open", t("author.open"))}
              {item("copy", t("author.duplicate"))}
              {item("up", t("author.move_up"))}
              {item("down", t("author.move_down"))}
              {item("move", t("author.move_exercise"))}
              {item("delete", t("author.delete"), true)}
            </Menu>
          </Popover>
        </MenuTrigger>
      )}
    </div>
  );
}

/** As it will be once the move is done. */
function reordered(all: readonly Exercise[], id: string, { parentId, position }: Place, lessonId: string): Exercise[] {
  const node = all.find((one) => one.id === id);
  const others = all.filter((one) => one !== node);
  return node && parentId === lessonId ? [...others.slice(0, position), node, ...others.slice(position)] : others;
}

function Kinds({ isOpen, onClose, onChoose }: { isOpen: boolean; onClose: () => void; onChoose: (kind: string) => void }) {
  const { t } = useTranslation();
  const kinds = queries.useQuery("get", "/api/v1/authoring/kinds", {}, { staleTime: Infinity });
  return (
    <Dialog title={t("author.which_kind")} isOpen={isOpen} onClose={onClose}>
      <Answer of={kinds}>
        {({ items }) => <ul className={css.kinds}>{items.map(({ kind }) => <li key={kind}><button type="button" className={css.kind} onClick={() => onChoose(kind)}><b>{t(`author.kinds.${kind}`, { defaultValue: kind })}</b><span className={css.soft}>{t(`author.kind_about.${kind}`, { defaultValue: "" })}</span></button></li>)}</ul>}
      </Answer>
    </Dialog>
  );
}
