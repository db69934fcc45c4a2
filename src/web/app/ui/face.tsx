import css from "./face.module.css";

/** A picture, or the first letters of the name; for whoever hears the page the name says it all. `frame` is what is worn
 * around it. */
export function Face({ name, picture, size = 44, frame }: { name: string; picture?: string | null; size?: number; frame?: string | undefined }) {
  const letters = name.split(/\s+/u).slice(0, 2).map((word) => [...word][0] ?? "").join("");
  return (
    <span aria-hidden className={css.face} data-frame={frame} style={{ inlineSize: size, blockSize: size, fontSize: size * 0.4 }}>
      {picture ? <img src={picture} alt="" width={size} height={size} /> : letters.toLocaleUpperCase()}
    </span>
  );
}
