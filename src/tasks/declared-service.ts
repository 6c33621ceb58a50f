import type { ServiceName, Services } from "../services/services.ts";

/** What a task sees in place of a service that it did not declare: nothing that can be called, and the reason. */
export interface UndeclaredService<Name extends ServiceName> {
  readonly undeclared: `add "${Name}" to the type parameter and to 'static uses' of this task`;
}

/** The service, where `Uses` declares it. */
export type DeclaredService<Name extends ServiceName, Uses extends ServiceName> = Name extends Uses
  ? Services[Name]
  : UndeclaredService<Name>;
