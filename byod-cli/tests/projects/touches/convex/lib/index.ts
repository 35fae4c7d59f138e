export { dropNote } from "./model";
