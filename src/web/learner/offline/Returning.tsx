// For every screen: what was learned without a network is sent when there is one.

import { useReturning } from "./waiting";

export default function Returning() {
  useReturning();
  return null;
}
