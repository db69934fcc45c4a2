// Sections, units and lessons of a draft: made, named, moved, deleted and taken back.

import { useMutation } from "@tanstack/react-query";
import { ChevronRight, EllipsisVertical, GripVertical, Plus } from "lucide-react";
import { useMemo, useState } from "react";
import { Button as Press, Collection, Menu, MenuItem, MenuTrigger, Popover, Tree as AriaTree, TreeItem, TreeItemContent, useDragAndDrop } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, onceKey } from "../app/api";
import { Answer, Button, Dialog, Empty, Field, Row, Stack } from "../app/ui";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./author.module.css";
import { Deleted } from "./Deleted";
import { type Draft, isStale, type NodeKind, ofNode, type Tree as TreeOut, useDraft, useRefresh, useTree } from "./draft";
import { BELOW, type Branch, branches, byId, type Place, placeFor } from "./dragging";

export function Tree() {
  const draft = useDraft();
  const tree = useTree(draft.id);
  return <Answer of={tree} lines={6}>{(found) => <Content draft={draft} tree={found} />}</Answer>;
}

type Wish = { is: "add"; kind: NodeKind; parentId: string | null } | { is: "rename"; branch: Branch } | { is: "delete"; branch: Branch };

/** Changes of the draft; what came too late is told, and everything asked for anew. */
export function useChange<T>(work: (wish: T) => Promise<unknown>) {
  const { t } = useTranslation();
  const complain = useComplaint();
  const refresh = useRefresh();
  return useMutation({
    mutationFn: work,
    onError: (error) => (isStale(error) ? say(t("author.stale")) : complain(error)),
    onSettled: () => refresh(),
  });
}

function Content({ draft, tree }: { draft: Draft; tree: TreeOut }) {
  const { t } = useTranslation();
  const [wish, setWish] = useState<Wish | null>(null);
  const roots = useMemo(() => branches(tree), [tree]);
  const known = useMemo(() => byId(roots), [roots]);
  // What comes later is open too.
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const open = [...known.keys()].filter((id) => !closed.has(id));
  const move = useChange(({ branch, place }: { branch: Branch; place: Place }) =>
    api.POST("/api/v1/authoring/courses/{course_id}/nodes/{node_id}/move", { params: { ...ofNode(draft.id, branch.id).params, header: { "If-Match": branch.etag } }, body: { parent_id: place.parentId, position: place.position } }));
  const copy = useChange((branch: Branch) =>
    api.POST("/api/v1/authoring/courses/{course_id}/nodes/{node_id}/duplicate", { params: { ...ofNode(draft.id, branch.id).params, header: { "Idempotency-Key": onceKey() } }, body: {} }));
  const drop = (branch: Branch | undefined, target: Branch | undefined, where: "before" | "after" | "on") => {
    const place = branch && target && placeFor(branch, target, where);
    if (place) move.mutate({ branch, place });
  };
  const { dragAndDropHooks } = useDragAndDrop({
    isDisabled: !draft.may_edit,
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
        // The tree of React Aria fails where rows that it shows change places.
        key={[...known.keys()].join()}
        aria-label={t("author.tree")} className={css.tree ?? ""} items={roots} expandedKeys={open} onExpandedChange={(keys) => setClosed(new Set([...known.keys()].filter((id) => !keys.has(id))))} selectionMode="none" dragAndDropHooks={dragAndDropHooks}
        renderEmptyState={() => <Empty title={t("author.tree_empty")}><p>{t("author.tree_empty_detail")}</p></Empty>}
      >
        {(branch) => <Line branch={branch} draft={draft} onAdd={add} onWish={setWish} onMove={(one, place) => move.mutate({ branch: one, place })} onCopy={(one) => copy.mutate(one)} />}
      </AriaTree>
      {draft.may_edit && <Deleted courseId={draft.id} />}
      {wish?.is === "delete" ? <Remove courseId={draft.id} branch={wish.branch} onClose={() => setWish(null)} /> : wish && <Naming courseId={draft.id} wish={wish} onClose={() => setWish(null)} />}
    </>
  );
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
    else if (key === "delete") onWish({ is: "delete", branch });
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
            <span className={css.branchTitle} dir="auto">{branch.title}</span>
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
                  {draft.may_edit && <MenuItem id="down" className={css.menuItem ?? ""}>{t("author.move_down")}</MenuItem>}
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

function Naming({ courseId, wish, onClose }: { courseId: string; wish: Exclude<Wish, { is: "delete" }>; onClose: () => void }) {
  const { t } = useTranslation();
  const [title, setTitle] = useState(wish.is === "rename" ? wish.branch.title : "");
  const [key] = useState(onceKey);
  const save = useChange(async () => {
    if (wish.is === "rename") await api.PATCH("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", { params: { ...ofNode(courseId, wish.branch.id).params, header: { "If-Match": wish.branch.etag } }, body: { kind: wish.branch.kind, title } });
    else await api.POST("/api/v1/authoring/courses/{course_id}/nodes", { params: { path: { course_id: courseId }, header: { "Idempotency-Key": key } }, body: { node: { kind: wish.kind as "section" | "unit" | "lesson", title }, parent_id: wish.parentId } });
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
  const remove = useChange(async () => {
    await api.DELETE("/api/v1/authoring/courses/{course_id}/nodes/{node_id}", { params: { ...ofNode(courseId, branch.id).params, header: { "If-Match": branch.etag } } });
    onClose();
    say(t("author.deleted_node", { title: branch.title }));
  });
  return (
    <Dialog title={t("author.delete_title", { title: branch.title })} isOpen onClose={onClose}>
      <p>{t("author.delete_detail")}</p>
      <Row><Button look="danger" isDisabled={remove.isPending} onPress={() => remove.mutate(undefined)}>{t("author.delete")}</Button><Button look="quiet" onPress={onClose}>{t("author.cancel")}</Button></Row>
    </Dialog>
  );
}
