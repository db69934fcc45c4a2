// The classes somebody learns or teaches in, and the ways into one.

import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { Link, useNavigate } from "react-router";
import { api, body, queries } from "../../app/api";
import { useMutation } from "../../app/mutation";
import { useLogin } from "../../app/session";
import { Answer, Button, Card, Chip, css as ui, Dialog, Empty, explain, Field, Notice, Row, Stack } from "../../app/ui";
import { Pick } from "../../app/ui/choice";
import css from "../game.module.css";

export function Classes() {
  const { t } = useTranslation();
  const teaches = useLogin((login) => login.user?.roles.some((role) => role === "teacher" || role === "admin") ?? false);
  const [making, setMaking] = useState(false);
  return (
    <Stack>
      <div className={css.head}>
        <h1>{t("game.classes.title")}</h1>
        {teaches && <Button look="primary" onPress={() => setMaking(true)}>{t("game.classes.make")}</Button>}
      </div>
      <Mine archived={false} />
      <Join />
      {teaches && <Mine archived />}
      <Dialog title={t("game.classes.make")} isOpen={making} onClose={() => setMaking(false)}><Make /></Dialog>
    </Stack>
  );
}

function Mine({ archived }: { archived: boolean }) {
  const { t } = useTranslation();
  const classes = queries.useInfiniteQuery("get", "/api/v1/classrooms", { params: { query: { archived } } }, {
    pageParamName: "cursor", initialPageParam: null as string | null, getNextPageParam: (page) => page.next_cursor,
  });
  const Name = archived ? "h3" : "h2";
  return (
    <Answer of={classes}>
      {({ pages }) => {
        const items = pages.flatMap((page) => page.items);
        if (!items.length) return archived ? null : <Empty title={t("game.classes.none")}><p>{t("game.classes.none_about")}</p></Empty>;
        return (
          <Stack>
            {archived && <h2>{t("game.classes.archived")}</h2>}
            <ul className={css.grid}>
              {items.map((one) => (
                <li key={one.id}>
                  <Card>
                    <Stack>
                      <Name><Link to={`/classes/${one.id}`}>{one.name}</Link></Name>
                      <p className={css.soft}>{one.teachers.map((teacher) => teacher.name).join(", ")}</p>
                      <Row>
                        <Chip>{t(`game.classes.role_${one.role}`)}</Chip>
                        {one.learners !== null && <Chip>{t("game.classes.learners", { count: one.learners })}</Chip>}
                      </Row>
                    </Stack>
                  </Card>
                </li>
              ))}
            </ul>
            {classes.hasNextPage && <div><Button small isDisabled={classes.isFetchingNextPage} onPress={() => void classes.fetchNextPage()}>{t("game.more")}</Button></div>}
          </Stack>
        );
      }}
    </Answer>
  );
}

function Join() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [code, setCode] = useState("");
  const join = useMutation({
    mutationFn: () => body(api.POST("/api/v1/classrooms/join", { body: { code } })),
    onSuccess: (joined) => {
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/classrooms"] });
      void navigate(`/classes/${joined.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    join.mutate();
  };
  return (
    <Card>
      <form onSubmit={submit}>
        <Stack>
          <h2>{t("game.classes.join")}</h2>
          <p className={css.soft}>{t("game.classes.join_about")}</p>
          <div className={ui.inline}>
            <Field label={t("game.classes.code")} value={code} onChange={setCode} isRequired autoComplete="off" maxLength={100} />
            <Button type="submit" isDisabled={join.isPending}>{t("game.classes.join_do")}</Button>
          </div>
          {join.error && <Notice tone="bad">{explain(join.error, t)}</Notice>}
        </Stack>
      </form>
    </Card>
  );
}

function Make() {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const courses = queries.useQuery("get", "/api/v1/courses", { params: { query: { limit: 100 } } });
  const [name, setName] = useState("");
  const [course, setCourse] = useState("");
  const queryClient = useQueryClient();
  const make = useMutation({
    mutationFn: () => body(api.POST("/api/v1/classrooms", { body: { name, course_id: course || null } })),
    onSuccess: (made) => {
      void queryClient.invalidateQueries({ queryKey: ["get", "/api/v1/classrooms"] });
      void navigate(`/classes/${made.id}`);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    make.mutate();
  };
  const options = [{ value: "", name: t("game.classes.any_course") }, ...(courses.data?.items ?? []).map((one) => ({ value: one.id, name: one.title }))];
  return (
    <form onSubmit={submit} className={ui.stack}>
      <Field label={t("field.name")} value={name} onChange={setName} isRequired autoFocus maxLength={80} />
      <Pick label={t("game.classes.course")} options={options} value={course} onChange={setCourse} />
      <p className={ui.hint}>{t("game.classes.course_about")}</p>
      {make.error && <Notice tone="bad">{explain(make.error, t)}</Notice>}
      <Button look="primary" type="submit" isDisabled={make.isPending}>{t("game.classes.make")}</Button>
    </form>
  );
}
