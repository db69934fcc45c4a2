import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { queries, type Schemas } from "../../app/api";
import { useFormat } from "../../app/format";
import { Answer, ButtonLink, Card, Chip, css as ui, Empty, Stack } from "../../app/ui";
import css from "../game.module.css";
import { TimeLeft } from "../TimeLeft";
import { Bands } from "./Bands";
import { useLiveBoard } from "./board";

export function MyLeague() {
  const board = useLiveBoard();
  return (
    <Stack>
      <Answer of={board} lines={8}>{(found) => found ? <Live board={found} over={() => void board.refetch()} /> : <None />}</Answer>
      <History />
    </Stack>
  );
}

/** Before the first XP of the week, or for whoever wants no leagues. */
function None() {
  const { t } = useTranslation();
  const wants = queries.useQuery("get", "/api/v1/profile/preferences").data?.leagues ?? true;
  return (
    <Empty title={t(wants ? "game.league.none" : "game.league.off")}>
      <p>{t(wants ? "game.league.none_about" : "game.league.off_about")}</p>
      <ButtonLink look="primary" href={wants ? "/learn" : "/account"}>{t(wants ? "game.learn" : "game.league.to_account")}</ButtonLink>
    </Empty>
  );
}

function Live({ board, over }: { board: Schemas["Board"]; over: () => void }) {
  const { t } = useTranslation();
  const format = useFormat();
  const mine = board.entries.find((entry) => entry.user_id === board.you);
  return (
    <Card>
      <div className={css.head}>
        <div>
          <h2>{t("game.league.tier", { tier: board.tier })}</h2>
          <p>{t("game.league.about")}</p>
        </div>
        <Chip tone="warn"><TimeLeft until={board.ends_at} over={over} /></Chip>
      </div>
      <Bands board={board} />
      <p className="visually-hidden" role="status">
        {mine && t("game.league.mine", { rank: format.number(mine.rank), total: format.number(board.entries.length), xp: format.number(mine.xp) })}
      </p>
    </Card>
  );
}

/** How past weeks ended. Nothing is shown before the first has. */
function History() {
  const { t } = useTranslation();
  const format = useFormat();
  const past = queries.useQuery("get", "/api/v1/leaderboards/history", { params: { query: { limit: 12 } } });
  return (
    <Answer of={past} lines={2}>
      {({ items }) => items.length > 0 && (
        <Card>
          <h2>{t("game.league.past")}</h2>
          <ul className={css.list}>
            {items.map((week) => {
              const went = Math.sign(week.tier_after - week.tier);
              return (
                <li key={week.league_id}>
                  <Link to={`/league/${week.league_id}`}>{t("game.league.week", { date: format.date(`${week.week_on}T12:00:00`) })}</Link>
                  <span className={`${ui.row} ${css.numbers}`}>
                    {t("game.league.place", { rank: format.number(week.rank), tier: week.tier, xp: format.number(week.xp) })}
                    <Chip tone={went > 0 ? "good" : went < 0 ? "bad" : "neutral"}>{t(went > 0 ? "game.league.went_up" : went < 0 ? "game.league.went_down" : "game.league.stayed")}</Chip>
                  </span>
                </li>
              );
            })}
          </ul>
        </Card>
      )}
    </Answer>
  );
}
