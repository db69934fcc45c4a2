// What friends have done, and a cheer for it.

import { Heart } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import account from "../account/account.module.css";
import { BY_CURSOR, Pages } from "../account/Pages";
import { useTold } from "../account/reason";
import { api, body, queries, type Schemas } from "../app/api";
import { useFormat } from "../app/format";
import { useFrame } from "../app/live";
import { useMutation } from "../app/mutation";
import { useLogin } from "../app/session";
import { Button, ButtonLink, Card, Empty, Row } from "../app/ui";
import { Face } from "../app/ui/face";
import css from "./social.module.css";

type Activity = Schemas["ActivityOut"];

export function Feed() {
  const { t } = useTranslation();
  const feed = queries.useInfiniteQuery("get", "/api/v1/feed", {}, BY_CURSOR);
  useFrame("notification.created", (frame) => {
    if (frame.kind === "kudos") void feed.refetch();
  });
  return (
    <div className={account.page}>
      <title>{`${t("social.feed")} – Lyceum`}</title>
      <Row between><h1>{t("social.feed")}</h1><ButtonLink small href="/friends">{t("nav.friends")}</ButtonLink></Row>
      <Pages of={feed} empty={<Empty title={t("social.feed_none")}><p>{t("social.feed_none_about")}</p><ButtonLink look="primary" href="/friends/find">{t("social.tab.find")}</ButtonLink></Empty>}>
        {(items) => <Card aria-label={t("social.feed")}><ul>{items.map((activity) => <Happened key={activity.id} activity={activity} />)}</ul></Card>}
      </Pages>
    </div>
  );
}

function Happened({ activity }: { activity: Activity }) {
  const { t } = useTranslation();
  const format = useFormat();
  const me = useLogin((login) => login.user?.id);
  const words = useWords(activity);
  const { person } = activity;
  const isMine = person.user_id === me;
  return (
    <li className={css.happened}>
      <Link to={isMine ? "/profile" : `/people/${person.user_id}`} aria-label={person.name}><Face name={person.name} picture={person.avatar} /></Link>
      <p><b>{isMine ? t("social.you") : person.name}</b> {words}<small>{format.relative(activity.at)}</small></p>
      <Kudos key={`${activity.kudos}:${activity.cheered}`} activity={activity} isMine={isMine} />
    </li>
  );
}

/** Courses and achievements are named by their ids; their words come from their lists. */
function useWords({ kind, course_id, days, achievement, level }: Activity): string {
  const { t } = useTranslation();
  const courses = queries.useQuery("get", "/api/v1/courses", { params: { query: { limit: 100 } } }, { enabled: course_id !== null, staleTime: Infinity });
  const achievements = queries.useQuery("get", "/api/v1/achievements", {}, { enabled: achievement !== null, staleTime: Infinity });
  const course = courses.data?.items.find(({ id }) => id === course_id)?.title;
  const title = achievements.data?.items.find(({ id }) => id === achievement)?.title ?? achievement;
  if (kind === "streak_reached") return t("social.did.streak_reached", { count: days ?? 0 });
  if (kind === "achievement_reached") return t("social.did.achievement_reached", { title, level });
  return course ? t(`social.did.${kind}`, { course }) : t(`social.did.${kind}_some`);
}

/** Shown at once as wished; the server's answer replaces it, its refusal undoes it. */
function Kudos({ activity, isMine }: { activity: Activity; isMine: boolean }) {
  const { t } = useTranslation();
  const tell = useTold();
  const before = { kudos: activity.kudos, cheered: activity.cheered };
  const [shown, setShown] = useState(before);
  const params = { path: { activity_id: activity.id } };
  const cheer = useMutation({
    mutationFn: (wanted: boolean) => body(wanted ? api.PUT("/api/v1/feed/{activity_id}/kudos", { params }) : api.DELETE("/api/v1/feed/{activity_id}/kudos", { params })),
    onMutate: (wanted) => setShown({ cheered: wanted, kudos: shown.kudos + (wanted ? 1 : -1) }),
    onSuccess: ({ kudos, cheered }) => setShown({ kudos, cheered }),
    onError: (error) => {
      setShown(before);
      tell(error);
    },
  });
  if (isMine) return shown.kudos > 0 ? <span className={account.soft}>{t("social.kudos", { count: shown.kudos })}</span> : <span />;
  return (
    <Button small aria-pressed={shown.cheered} aria-label={t("social.cheer", { name: activity.person.name })} data-busy={cheer.isPending || undefined} onPress={() => cheer.mutate(!shown.cheered)}>
      <Heart aria-hidden size={18} fill={shown.cheered ? "currentColor" : "none"} color={shown.cheered ? "var(--bad)" : "currentColor"} />{shown.kudos}
    </Button>
  );
}
