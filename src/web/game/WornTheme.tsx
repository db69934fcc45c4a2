// The theme that somebody wears, on every screen of theirs. What it looks like is in worn.css.

import { useEffect } from "react";
import { queries } from "../app/api";
import "./worn.css";

export default function WornTheme() {
  const worn = queries.useQuery("get", "/api/v1/profile").data?.wears.theme;
  useEffect(() => {
    const { dataset } = document.documentElement;
    if (!worn) return undefined;
    dataset.worn = worn;
    return () => {
      delete dataset.worn;
    };
  }, [worn]);
  return null;
}
