/** The kinds of panels: how each is drawn, its figures as a table, and whether there is anything to draw. */
export { Kind, warmKinds } from "./kind.tsx";
export { isEmpty, sheetOf } from "./model/sheet.ts";
