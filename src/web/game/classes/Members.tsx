// Who is in a class; its teachers may give roles, and take somebody out and let them in again.

import { useQueryClient } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { api, queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { useMutation } from "../../app/mutation";
import { useLogin } from "../../app/session";
import { Answer, Button, Card, Chip, Row, Stack } from "../../app/ui";
import { useComplaint } from "../../app/ui/toasts";
import css from "../game.module.css";

type Classroom = Schemas["ClassroomOut"];
const PAGED = { pageParamName: "cursor", initialPageParam: null as string | null, getNextPageParam: (page: { next_cursor: string | null }) => page.next_cursor };

export function Members({ classroom }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useLogin((login) => login.user?.id);
  const path = { classroom_id: classroom.id };
  const members = queries.useInfiniteQuery("get", "/api/v1/classrooms/{classroom_id}/members", { params: { path } }, PAGED);
  const queryClient = useQueryClient();
  const settled = { onError: useComplaint(), onSettled: () => queryClient.invalidateQueries({ predicate: ({ queryKey }) => String(queryKey[1]).startsWith("/api/v1/classrooms/") }) };
  const remove = useMutation({ mutationFn: (user_id: string) => api.DELETE("/api/v1/classrooms/{classroom_id}/members/{user_id}", { params: { path: { ...path, user_id } } }), ...settled });
  const role = useMutation({
    mutationFn: ({ user_id, role }: { user_id: string; role: "co_teacher" | "learner" }) =>
      api.PUT("/api/v1/classrooms/{classroom_id}/members/{user_id}/role", { params: { path: { ...path, user_id } }, body: { role } }),
    ...settled,
  });
  const busy = remove.isPending || role.isPending;
  const mayRemove = (other: Schemas["MemberOut"]) => other.role !== "teacher" && other.user_id !== me && (classroom.role === "teacher" || (classroom.role === "co_teacher" && other.role === "learner"));
  return (
    <Stack>
      <Answer of={members} lines={4}>
        {({ pages }) => (
          <Card>
            <ul className={css.list}>
              {pages.flatMap((page) => page.items).map((one) => (
                <li key={one.user_id}>
                  <span>
                    <Link to={`/people/${one.user_id}`}>{one.name}</Link> {one.role !== "learner" && <Chip tone="good">{t(`game.classes.role_${one.role}`)}</Chip>}
                    {one.joined_at && <span className={css.soft}> {t("game.classes.since", { date: format.date(one.joined_at) })}</span>}
                  </span>
                  <Row>
                    {classroom.role === "teacher" && one.role !== "teacher" && (
                      <Button small look="quiet" isDisabled={busy} onPress={() => role.mutate({ user_id: one.user_id, role: one.role === "learner" ? "co_teacher" : "learner" })}>
                        {t(one.role === "learner" ? "game.classes.make_co_teacher" : "game.classes.make_learner")}
                      </Button>
                    )}
                    {mayRemove(one) && <Button small look="danger" isDisabled={busy} onPress={() => remove.mutate(one.user_id)} aria-label={t("game.classes.remove_named", { name: one.name })}>{t("game.classes.remove")}</Button>}
                  </Row>
                </li>
              ))}
            </ul>
            {members.hasNextPage && <Button small isDisabled={members.isFetchingNextPage} onPress={() => void members.fetchNextPage()}>{t("game.more")}</Button>}
          </Card>
        )}
      </Answer>
      {classroom.role !== "learner" && <Removed classroom={classroom} />}
    </Stack>
  );
}

function Removed({ classroom }: { classroom: Classroom }) {
  const { t } = useTranslation();
  const format = useFormat();
  const path = { classroom_id: classroom.id };
  const removed = queries.useQuery("get", "/api/v1/classrooms/{classroom_id}/removed", { params: { path, query: { limit: 100 } } });
  const forgive = useMutation({
    mutationFn: (user_id: string) => api.DELETE("/api/v1/classrooms/{classroom_id}/removed/{user_id}", { params: { path: { ...path, user_id } } }),
    onError: useComplaint(),
    onSettled: () => removed.refetch(),
  });
  if (!removed.data?.items.length) return null;
  return (
    <Card>
      <h2>{t("game.classes.removed")}</h2>
      <ul className={css.list}>
        {removed.data.items.map((one) => (
          <li key={one.user_id}>
            <span>{one.name} <span className={css.soft}>{format.date(one.removed_at)}</span></span>
            <Button small isDisabled={forgive.isPending} onPress={() => forgive.mutate(one.user_id)}>{t("game.classes.readmit")}</Button>
          </li>
        ))}
      </ul>
    </Card>
  );
}
