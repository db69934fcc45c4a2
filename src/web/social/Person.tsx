// Somebody, as a line of a list.

import type { ReactNode } from "react";
import { Link } from "react-router";
import account from "../account/account.module.css";
import type { Schemas } from "../app/api";
import { Face } from "../app/ui/face";
import css from "./social.module.css";

type Somebody = Pick<Schemas["ProfilesPersonOut"], "user_id" | "name" | "handle" | "avatar">;

export function PersonLine({ person, about, children }: { person: Somebody; about?: ReactNode; children?: ReactNode }) {
  return (
    <li className={account.line}>
      <Link className={css.person ?? ""} to={`/people/${person.user_id}`}>
        <Face name={person.name} picture={person.avatar} />
        <span><b>{person.name}</b><small>{[person.handle && `@${person.handle}`, about].filter(Boolean).map((part, at) => <span key={at} style={{ display: "inline" }}>{at > 0 && " · "}{part}</span>)}</small></span>
      </Link>
      {children}
    </li>
  );
}
