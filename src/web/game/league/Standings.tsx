// Boards of friends, everybody, a course or a class. They are asked for, and asked again while they are looked at.

import { useState } from "react";
import { useTranslation } from "react-i18next";
import { queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { useFrame } from "../../app/live";
import { Answer, Button, ButtonLink, Card, Empty, Row, Stack } from "../../app/ui";
import { Pick, Segments } from "../../app/ui/choice";
import { TimeLeft } from "../TimeLeft";
import css from "../game.module.css";
import { Lines } from "./Lines";

type Period = Schemas["Period"];
const PERIODS: Period[] = ["day", "week", "month", "all"];
const EVERY_MS = 10_000;
const STEP = 20;
const MOST = 100;

interface Of {
  scope: "global" | "friends" | "courses" | "classes";
  id?: string | undefined;
}

function useStandings({ scope, id = "" }: Of, query: { period: Period; around: boolean; limit: number }) {
  const again = { refetchInterval: EVERY_MS, placeholderData: <T,>(before: T) => before };
  const isOf = (one: Of["scope"]) => ({ ...again, enabled: scope === one });
  const all = queries.useQuery("get", "/api/v1/leaderboards/global", { params: { query } }, isOf("global"));
  const friends = queries.useQuery("get", "/api/v1/leaderboards/friends", { params: { query } }, isOf("friends"));
  const course = queries.useQuery("get", "/api/v1/leaderboards/courses/{course_id}", { params: { path: { course_id: id }, query } }, isOf("courses"));
  const group = queries.useQuery("get", "/api/v1/leaderboards/classes/{classroom_id}", { params: { path: { classroom_id: id }, query } }, isOf("classes"));
  return { global: all, friends, courses: course, classes: group }[scope];
}

export function Standings({ of, choose }: { of: Of; choose?: React.ReactNode }) {
  const { t } = useTranslation();
  const format = useFormat();
  const [period, setPeriod] = useState<Period>("week");
  const [around, setAround] = useState(false);
  const [limit, setLimit] = useState(STEP);
  const standings = useStandings(of, { period, around, limit });
  useFrame("lesson.completed", () => void standings.refetch());
  return (
    <Stack>
      <div className={css.controls}>
        {choose}
        <Segments label={t("game.board.period")} options={PERIODS.map((value) => ({ value, name: t(`game.board.${value}`) }))} value={period} onChange={setPeriod} />
      </div>
      <Answer of={standings} lines={6}>
        {(board) => board.entries.length === 0 ? (
          <Empty title={t("game.board.nobody")}>
            <p>{t(of.scope === "friends" ? "game.board.nobody_friends" : "game.board.nobody_about")}</p>
            {of.scope === "friends" ? <ButtonLink href="/friends">{t("game.board.find_friends")}</ButtonLink> : <ButtonLink look="primary" href="/learn">{t("game.learn")}</ButtonLink>}
          </Empty>
        ) : (
          <Card>
            <Stack>
              <Row between>
                <p className={css.soft}>{board.me ? t("game.board.mine", { rank: format.number(board.me.rank), total: format.number(board.total) }) : t("game.board.not_on_it")}</p>
                {board.ends_at && <span className={css.soft}><TimeLeft until={board.ends_at} over={() => void standings.refetch()} /></span>}
              </Row>
              <Lines lines={board.entries} you={board.you} />
              <Row>
                {board.total > board.entries.length && !around && limit < MOST && <Button small onPress={() => setLimit(limit + STEP)}>{t("game.more")}</Button>}
                {board.me && board.total > STEP && <Button small onPress={() => setAround(!around)}>{t(around ? "game.board.first" : "game.board.around")}</Button>}
              </Row>
            </Stack>
          </Card>
        )}
      </Answer>
    </Stack>
  );
}

/** A board of one of several courses or classes. */
export function ChosenStandings({ scope, label, options, none }: { scope: "courses" | "classes"; label: string; options: { value: string; name: string }[]; none: string }) {
  const [chosen, setChosen] = useState(options[0]?.value);
  if (chosen === undefined) return <Empty title={none} />;
  return <Standings key={chosen} of={{ scope, id: chosen }} choose={<Pick label={label} options={options} value={chosen} onChange={setChosen} />} />;
}
