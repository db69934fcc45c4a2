// Who works on a course, and who was asked to.

import { useMutation } from "../app/mutation";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import { api, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useLogin } from "../app/session";
import { Answer, Button, Dialog, Field, Row } from "../app/ui";
import { Pick } from "../app/ui/choice";
import { say, useComplaint } from "../app/ui/toasts";
import css from "./author.module.css";
import { ofCourse, useDraft, useRefresh } from "./draft";

type Member = Schemas["CollaboratorOut"];
type Role = "owner" | "editor" | "reviewer";
type Asked = "editor" | "reviewer";

export function People() {
  const { t } = useTranslation();
  const format = useFormat();
  const draft = useDraft();
  const navigate = useNavigate();
  const refresh = useRefresh();
  const complain = useComplaint();
  const me = useLogin((login) => login.user?.id);
  const people = queries.useQuery("get", "/api/v1/authoring/courses/{course_id}/collaborators", ofCourse(draft.id));
  const [wish, setWish] = useState<{ member: Member; role: Role | null } | null>(null);
  const owns = draft.role === "owner";
  const act = useMutation({
    mutationFn: async ({ member, role }: { member: Member; role: Role | null }) => {
      const params = { path: { course_id: draft.id, user_id: member.person.id } };
      if (role) await api.PUT("/api/v1/authoring/courses/{course_id}/collaborators/{user_id}", { params, body: { role } });
      else await api.DELETE("/api/v1/authoring/courses/{course_id}/collaborators/{user_id}", { params });
    },
    onSuccess: async (_, { member, role }) => {
      setWish(null);
      if (!role && member.person.id === me) await navigate("/author");
      await refresh();
    },
    onError: complain,
  });
  const withdraw = useMutation({ mutationFn: (id: string) => api.DELETE("/api/v1/authoring/courses/{course_id}/invitations/{invitation_id}", { params: { path: { course_id: draft.id, invitation_id: id } } }), onSuccess: refresh, onError: complain });
  const roles = (["owner", "editor", "reviewer"] as const).map((value) => ({ value, name: t(`author.role.${value}`) }));
  return (
    <>
      <header className={css.head}><div><h1>{t("author.place.people")}</h1><p className={css.soft}>{t("author.people_lead")}</p></div></header>
      <Answer of={people}>
        {({ items, invitations }) => (
          <ul className={css.list}>
            {items.map((member) => (
              <li key={member.person.id} className={css.listLine}>
                <span><b>{member.person.name ?? t("author.somebody")}</b><span className={css.softLine}>{t("author.since", { when: format.date(member.added_at) })}</span></span>
                <Row>
                  {owns && member.role !== "owner" ? <Pick label={t("author.role_of", { name: member.person.name ?? t("author.somebody") })} options={roles} value={member.role as Role} onChange={(role) => (role === "owner" ? setWish({ member, role }) : act.mutate({ member, role }))} /> : <span>{t(`author.role.${member.role}`)}</span>}
                  {member.role !== "owner" && (owns || member.person.id === me) && <Button small look="quiet" onPress={() => setWish({ member, role: null })}>{t(member.person.id === me ? "author.leave_course" : "author.remove")}</Button>}
                </Row>
              </li>
            ))}
            {invitations.map((one) => (
              <li key={one.id} className={css.listLine}>
                <span><b>{one.who}</b><span className={css.softLine}>{t("author.was_asked", { role: t(`author.role.${one.role}`), when: format.relative(one.created_at) })}</span></span>
                <Button small look="quiet" isDisabled={withdraw.isPending} onPress={() => withdraw.mutate(one.id)}>{t("author.withdraw")}</Button>
              </li>
            ))}
          </ul>
        )}
      </Answer>
      {owns && <Invite courseId={draft.id} />}
      {wish && (
        <Dialog title={t(wish.role ? "author.give_course" : "author.remove_person")} isOpen onClose={() => setWish(null)}>
          <p>{t(wish.role ? "author.give_course_detail" : "author.remove_person_detail", { name: wish.member.person.name ?? t("author.somebody") })}</p>
          <Row><Button look="danger" isDisabled={act.isPending} onPress={() => act.mutate(wish)}>{t(wish.role ? "author.give_course" : "author.remove")}</Button><Button look="quiet" onPress={() => setWish(null)}>{t("author.cancel")}</Button></Row>
        </Dialog>
      )}
    </>
  );
}

function Invite({ courseId }: { courseId: string }) {
  const { t } = useTranslation();
  const refresh = useRefresh();
  const complain = useComplaint();
  const [who, setWho] = useState("");
  const [role, setRole] = useState<Asked>("editor");
  const ask = useMutation({
    mutationFn: () => api.POST("/api/v1/authoring/courses/{course_id}/invitations", { ...ofCourse(courseId), body: { who: who.trim(), role } }),
    onSuccess: async () => {
      say(t("author.asked_them", { who }));
      setWho("");
      await refresh();
    },
    onError: complain,
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    ask.mutate();
  };
  return (
    <section className={css.section} aria-label={t("author.invite")}>
      <h2>{t("author.invite")}</h2>
      <form className={css.invite} onSubmit={submit}>
        <Field label={t("author.who")} hint={t("author.who_hint")} isRequired maxLength={320} value={who} onChange={setWho} />
        <Pick label={t("author.as")} options={[{ value: "editor" as const, name: t("author.role.editor") }, { value: "reviewer" as const, name: t("author.role.reviewer") }]} value={role} onChange={setRole} />
        <Button type="submit" look="primary" isDisabled={ask.isPending || !who.trim()}>{t("author.ask")}</Button>
      </form>
    </section>
  );
}
