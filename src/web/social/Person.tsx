// Somebody, as a line of a list.

import type { ReactNode } from "react";
import { Link } from "react-router";
import account from "../account/account.module.css";
import type { Schemas } from "../app/api";
import css from "./social.module.css";

type Somebody = Pick<Schemas["ProfilesPersonOut"], "user_id" | "name" | "handle" | "avatar">;

/** A picture, or the first letters of the name; for whoever hears the page the name says it all. */
export function Face({ name, picture, size = 44, frame }: { name: string; picture?: string | null; size?: number; frame?: string | undefined }) {
  const letters = name.split(/\s+/u).slice(0, 2).map((word) => [...word][0] ?? "").join("");
  return (
    <span aria-hidden className={css.face} data-frame={frame} style={{ inlineSize: size, blockSize: size, fontSize: size * 0.4 }}>
      {picture ? <img src={picture} alt="" width={size} height={size} /> : letters.toLocaleUpperCase()}
    </span>
  );
}

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
