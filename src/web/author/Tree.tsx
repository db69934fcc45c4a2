// Sections, units and lessons of a draft: made, named, moved, deleted and taken back.

import { ChevronRight, EllipsisVertical, GripVertical, Plus } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { Button as Press, Collection, Menu, MenuItem, MenuTrigger, Popover, Tree as AriaTree, TreeItem, TreeItemContent, useDragAndDrop } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, body } from "../app/api";
import { Answer, Button, Dialog, Empty, Field, Row, Stack } from "../app/ui";
import css from "./author.module.css";
import { useChange, useCopy, useMove, useRemove } from "./changes";
import { Deleted } from "./Deleted";
import { type Draft, type NodeKind, ofNode, type Tree as TreeOut, useDraft, useTree } from "./draft";
import { BELOW, type Branch, branches, byId, type Place, placeFor } from "./dragging";
import { MoveTo } from "./MoveTo";

export function Tree() {
  const draft = useDraft();
  const tree = useTree(draft.id);
  return <Answer of={tree} lines={6}>{(found) => <Content draft={draft} tree={found} />}</Answer>;
}

type Wish = { is: "add"; kind: NodeKind; parentId: string | null } | { is: "rename"; branch: Branch } | { is: "delete" | "move"; branch: Branch };

function Content({ draft, tree }: { draft: Draft; tree: TreeOut }) {
  const { t } = useTranslation();
  const [wish, setWish] = useState<Wish | null>(null);
  const box = useRef<HTMLDivElement>(null);
  const roots = useMemo(() => branches(tree), [tree]);
  const known = useMemo(() => byId(roots), [roots]);
  const [closed, setClosed] = useClosed(draft.id, known);
  const open = [...known.keys()].filter((id) => !closed.has(id));
  const shape = [...known.keys()].join();
  // Rows are made anew where they change places; who works without a mouse goes on at what was moved or made.
  const [next, setNext] = useState<{ id: string; before: string } | null>(null);
  const goOnAt = (id: string, parentId: string | null) => {
    const above = [parentId, known.get(parentId ?? "")?.parentId];
    if (above.some((one) => one && closed.has(one))) setClosed(new Set([...closed].filter((one) => !above.includes(one))));
    setNext({ id, before: shape });
  };
  useEffect(() => {
    if (!next || next.before === shape) return undefined;
    // The tree draws its rows a moment after it was given them.
    const frame = requestAnimationFrame(() => {
      box.current?.querySelector<HTMLElement>(`[data-key="${next.id}"]`)?.focus();
      setNext(null);
    });
    return () => cancelAnimationFrame(frame);
  }, [next, shape]);
  const { move } = useMove(draft.id);
  const copy = useCopy(draft.id);
  const put = ({ id, etag }: Branch, place: Place) => {
    goOnAt(id, place.parentId);
    move({ id, etag, place });
  };
  const drop = (branch: Branch | undefined, target: Branch | undefined, where: "before" | "after" | "on") => {
    const place = branch && target && placeFor(branch, target, where);
    if (place) put(branch, place);
  };
  const { dragAndDropHooks } = useDragAndDrop({
    getItems: (keys) => [...keys].map((key) => ({ "text/plain": known.get(String(key))?.title ?? "", [`lyceum-${known.get(String(key))?.kind}`]: String(key) })),
    getDropOperation: (target, types) => {
      if (target.type !== "item") return "cancel";
      const kind = known.get(String(target.key))?.kind;
      const wanted = kind && (target.dropPosition === "on" ? BELOW[kind] : kind);
      return wanted && types.has(`lyceum-${wanted}`) ? "move" : "cancel";
    },
    onMove: (event) => {
      const [key] = event.keys;
      drop(known.get(String(key)), known.get(String(event.target.key)), event.target.dropPosition);
    },
    acceptedDragTypes: "all",
    shouldAcceptItemDrop: (target, types) => {
      const kind = known.get(String(target.key))?.kind;
      const below = kind && BELOW[kind];
      return Boolean(below && types.has(`lyceum-${below}`));
    },
  });
  const add = (kind: NodeKind, parentId: string | null) => setWish({ is: "add", kind, parentId });
  return (
    <>
      <header className={css.head}>
        <div><h1>{t("author.place.content")}</h1><p className={css.soft}>{t("author.tree_lead")}</p></div>
        {draft.may_edit && <Button look="primary" onPress={() => add("section", null)}><Plus aria-hidden size={18} />{t("author.add.section")}</Button>}
      </header>
      <AriaTree
        ref={box}
        // The tree of React Aria fails where rows that it shows change places.
        key={shape}
        aria-label={t("author.tree")} className={css.tree ?? ""} items={roots} expandedKeys={open} onExpandedChange={(keys) => setClosed(new Set([...known.keys()].filter((id) => !keys.has(id))))} selectionMode="none" {...(draft.may_edit ? { dragAndDropHooks } : {})}
        renderEmptyState={() => <Empty title={t("author.tree_empty")}><p>{t("author.tree_empty_detail")}</p></Empty>}
      >
        {(branch) => <Line branch={branch} draft={draft} onAdd={add} onWish={setWish} onMove={put} onCopy={(one) => copy.mutate(one.id)} />}
      </AriaTree>
      {draft.may_edit && <Deleted courseId={draft.id} />}
      {wish?.is === "delete" && <Remove courseId={draft.id} branch={wish.branch} onClose={() => setWish(null)} />}
      {wish?.is === "move" && <MoveTo courseId={draft.id} what={wish.branch} onMove={(place) => put(wish.branch, place)} onClose={() => setWish(null)} />}
      {(wish?.is === "add" || wish?.is === "rename") && <Naming courseId={draft.id} wish={wish} onMade={(id) => goOnAt(id, wish.is === "add" ? wish.parentId : null)} onClose={() => setWish(null)} />}
    </>
  );
}

/** More than these are shown section by section. */
const MANY = 100;

/** What is closed: kept while one goes to a lesson and back. What comes later is open. */
function useClosed(courseId: string, known: ReadonlyMap<string, Branch>) {
  const place = `lyceum.author.closed.${courseId}`;
  const [closed, setClosed] = useState<ReadonlySet<string>>(() => {
    const kept = sessionStorage.getItem(place);
    return new Set(kept ? (JSON.parse(kept) as string[]) : known.size > MANY ? known.keys() : []);
  });
  useEffect(() => sessionStorage.setItem(place, JSON.stringify([...closed])), [place, closed]);
  return [closed, setClosed] as const;
}

interface LineProps {
  branch: Branch;
  draft: Draft;
  onAdd: (kind: NodeKind, parentId: string) => void;
  onWish: (wish: Wish) => void;
  onMove: (branch: Branch, place: Place) => void;
  onCopy: (branch: Branch) => void;
}

function Line({ branch, draft, ...doing }: LineProps) {
  const { t } = useTranslation();
  const { onAdd, onWish, onMove, onCopy } = doing;
  const navigate = useNavigate();
  const below = BELOW[branch.kind];
  const path = branch.kind === "section" ? null : `/author/${draft.id}/${branch.kind}/${branch.id}`;
  const act = (key: string | number) => {
    if (key === "add" && below) onAdd(below, branch.id);
    else if (key === "rename") onWish({ is: "rename", branch });
    else if (key === "delete" || key === "move") onWish({ is: key, branch });
    else if (key === "copy") onCopy(branch);
    else if (key === "up") onMove(branch, { parentId: branch.parentId, position: Math.max(0, branch.place - 1) });
    else if (key === "down") onMove(branch, { parentId: branch.parentId, position: branch.place + 1 });
    else if (key === "open" && path) void navigate(path);
  };
  return (
    <TreeItem id={branch.id} textValue={branch.title} className={`${css.branch} ${css[branch.kind]}`} {...(branch.kind === "lesson" ? { onAction: () => act("open") } : {})}>
      <TreeItemContent>
        {({ level, isExpanded }) => (
          <div className={css.line} style={{ paddingInlineStart: `${(level - 1) * 22}px` }}>
            {draft.may_edit && <Press slot="drag" className={css.grip ?? ""}><GripVertical aria-hidden size={18} /></Press>}
            {below ? <Press slot="chevron" className={css.chevron ?? ""} data-open={isExpanded}><ChevronRight aria-hidden size={18} /></Press> : <span className={css.chevron} />}
            <span className={css.branchTitle}><bdi>{branch.title}</bdi></span>
            {branch.kind === "lesson" && <span className={css.soft}>{branch.form === "deck" ? t("author.cards", { count: branch.exercises ?? 0 }) : t("author.exercises", { count: branch.exercises ?? 0 })}</span>}
            <MenuTrigger>
              <Press className={css.tool ?? ""} aria-label={t("author.actions_of", { title: branch.title })}><EllipsisVertical aria-hidden size={18} /></Press>
              <Popover className={css.menu ?? ""}>
                <Menu onAction={act} aria-label={t("author.actions_of", { title: branch.title })}>
                  {path && <MenuItem id="open" className={css.menuItem ?? ""}>{t("author.open")}</MenuItem>}
                  {draft.may_edit && below && <MenuItem id="add" className={css.menuItem ?? ""}>{t(`author.add.${below}`)}</MenuItem>}
                  {draft.may_edit && <MenuItem id="rename" className={css.menuItem ?? ""}>{t("author.rename")}</MenuItem>}
                  {draft.may_edit && <MenuItem id="copy" className={css.menuItem ?? ""}>{t("author.duplicate")}</MenuItem>}
                  {draft.may_edit && branch.place > 0 && <MenuItem id="up" className={css.menuItem ?? ""}>{t("author.move_up")}</MenuItem>}
                  {draft.may_edit && !branch.isLast && <MenuItem id="down" className={css.menuItem ?? ""}>{t("author.move_down")}</MenuItem>}
                  {draft.may_edit && branch.kind !== "section" && <MenuItem id="move" className={css.menuItem ?? ""}>{t("author.move_to")}</MenuItem>}
                  {draft.may_edit && <MenuItem id="delete" className={`${css.menuItem} ${css.bad}`}>{t("author.delete")}</MenuItem>}
                </Menu>
              </Popover>
            </MenuTrigger>
          </div>
        )}
      </TreeItemContent>
      <Collection items={branch.children}>{(child) => <Line branch={child} draft={draft} {...doing} />}</Collection>
    </TreeItem>
  );
}

interface NamingProps {
  courseId: string;
  wish: Extract<Wish, { is: "add" | "rename" }>;
  onMade: (id: string) => void;
  onClose: () => void;
}

function Naming({ courseId, wish, onMade, onClose }: NamingProps) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(wish.is === "rename" ? wish.branch.title : "");
  const save = useChange(async () => {
    if (wish.is === "rename") await api.PATCH("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", { params: { ...ofNode(courseId, wish.branch.id).params, header: { "If-Match": wish.branch.etag } }, body: { kind: wish.branch.kind, title } });
    else {
      const made = await body(api.POST("/api/v1/authoring/courses/{course_id}/nodes", { params: { path: { course_id: courseId } }, body: { node: { kind: wish.kind as "section" | "unit" | "lesson", title }, parent_id: wish.parentId } }));
      onMade(made.id);
    }
    onClose();
  });
  return (
    <Dialog title={t(wish.is === "rename" ? "author.rename" : `author.add.${wish.kind}`)} isOpen onClose={onClose}>
      <form onSubmit={(event) => { event.preventDefault(); save.mutate(undefined); }}>
        <Stack>
          <Field label={t("author.field.title")} autoFocus isRequired maxLength={200} dir="auto" value={title} onChange={setTitle} />
          <Row><Button type="submit" look="primary" isDisabled={save.isPending || !title.trim()}>{t("author.save")}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
        </Stack>
      </form>
    </Dialog>
  );
}

function Remove({ courseId, branch, onClose }: { courseId: string; branch: Branch; onClose: () => void }) {
  const { t } = useTranslation();
  const remove = useRemove(courseId);
  return (
    <Dialog title={t("author.delete_title", { title: branch.title })} isOpen onClose={onClose}>
      <p>{t("author.delete_detail")}</p>
      <Row><Button look="danger" isDisabled={remove.isPending} onPress={() => remove.mutate(branch, { onSuccess: onClose })}>{t("author.delete")}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
    </Dialog>
  );
}
