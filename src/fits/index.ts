export { Card } from "./card.ts";
export type { CardValue, Complex } from "./card-value.ts";
export type { Frame } from "./frame.ts";
export { Header, type HeaderRecord } from "./header.ts";
