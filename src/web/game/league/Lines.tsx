import { useTranslation } from "react-i18next";
import { Link } from "react-router";
import { useFormat } from "../../app/format";
import { Face } from "../../app/ui/face";
import css from "../game.module.css";

export interface Line {
  rank: number;
  user_id: string | null;
  name: string | null;
  xp: number;
}

/** Places of a board, one below the other. Names lead to people, as far as they may be seen. */
export function Lines({ lines, you }: { lines: readonly Line[]; you: string }) {
  return (
    <ol className={css.board}>
      {lines.map((line) => <Place key={line.user_id ?? `place-${line.rank}`} line={line} mine={line.user_id === you} />)}
    </ol>
  );
}

function Place({ line: { rank, user_id: id, name, xp }, mine }: { line: Line; mine: boolean }) {
  const { t } = useTranslation();
  const format = useFormat();
  return (
    <li className={css.place} data-mine={mine} data-line={id ?? `place-${rank}`} aria-current={mine || undefined}>
      <span className={css.rank} data-podium={rank <= 3}>{format.number(rank)}</span>
      <Face name={name || "?"} size={36} />
      <span className={css.name}>
        {mine ? t("game.board.you", { name: name || t("game.board.unseen") }) : id && name ? <Link to={`/people/${id}`}>{name}</Link> : t("game.board.unseen")}
      </span>
      <span className={css.xp}>{t("game.board.xp", { xp: format.number(xp) })}</span>
    </li>
  );
}
