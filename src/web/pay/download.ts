export { download } from "../app/download";
