/** Those of the `errorCatalogue` that come from services over a network. */
export const serviceErrors = {
  BUS_ACCESS_REFUSED: {
    when: "the message broker refuses user, password or virtual host, or allows the user too little",
    remedy: "Check `ISB_USERNAME` and `ISB_PASSWORD`, and the user's permissions.",
  },
  BUS_ARGUMENT_INVALID: {
    when: "a routing key, a queue's name, an id, a body or `prefetch` is none that a message bus can take",
    remedy: "The message says which it is, and what it may be.",
  },
  BUS_CONNECTION_LOST: {
    when: "the connection to the broker ends while messages are consumed or published, or queues declared, and `RETRY_CONFIG` allows no further try",
    remedy:
      "Consume, publish or declare again: what was not acknowledged is delivered again, the ids of messages stay the same, and what is declared already does no harm.",
  },
  BUS_DELIVERY_EXPIRED: {
    when: "a message is acknowledged after it went back to its queue, or was settled",
    remedy: "None is needed: what is not settled is delivered again.",
  },
  BUS_EXCHANGE_MISSING: {
    when: "messages are published to an exchange that the message broker does not have, or has no longer",
    remedy: "Declare its queues first, which declares it, or correct `ISB_EXCHANGE`; then publish again.",
  },
  BUS_MESSAGE_REFUSED: {
    when: "the broker or its protocol cannot take a message, as it is too large",
    remedy: "Put what is large into the object store and its key into the message.",
  },
  BUS_NOT_CONFIRMED: {
    when: "the broker did not confirm a message, and `RETRY_CONFIG` allows no further try",
    remedy: "Publish it again; its id stays the same, so that a consumer can drop the second.",
  },
  BUS_QUEUE_MISSING: {
    when: "there is no such queue on the bus",
    remedy: "Declare it first.",
  },
  BUS_TOPOLOGY_CONFLICT: {
    when: "an exchange or queue is there with other properties than are declared",
    remedy: "Set `ISB_EXCHANGE` and `ISB_QUEUE_TYPE` to what the broker has.",
  },
  BUS_UNREACHABLE: {
    when: "the message broker does not answer",
    remedy: "Start it, or correct its address in `MESH_CONFIG`.",
  },
  BUS_UNROUTABLE: {
    when: "no queue takes a message",
    remedy: "Declare its queue first.",
  },
  INPUT_NOT_REGISTERED: {
    when: "`--input` is used with a metadata store in which no input dataset can be registered",
    remedy: "Name by `--recipe-run` a run that it knows, without `--input`, or set `METADATA_STORE_DRIVER=sqlite`.",
  },
  GLOBUS_ACCESS_REFUSED: {
    when: "Globus refuses a client, or refuses it a collection",
    remedy: "Check `GLOBUS_INBOUND_CLIENT_CREDENTIALS`, `GLOBUS_OUTBOUND_CLIENT_CREDENTIALS` and the client's rights.",
  },
  GLOBUS_REFUSED: {
    when: "Globus refuses a call, as it does when it does not know a collection",
    remedy: "Check `OBJECT_STORE_ENDPOINT` and `SCRATCH_ENDPOINT`; the message says what Globus gives as its reason.",
  },
  GLOBUS_UNREACHABLE: {
    when: "Globus does not answer, or answers nothing but errors that should pass",
    remedy: "Run the task again: a transfer that is under way at Globus goes on, and is found again.",
  },
  METADATA_ARGUMENT_INVALID: {
    when: "the metadata store is told what it cannot keep, such as a count of objects that is none",
    remedy: "The message says what was given, and what it may be.",
  },
  METADATA_STORE_ACCESS_REFUSED: {
    when: "the metadata store refuses the token",
    remedy: "Check `GQL_AUTH_TOKEN`.",
  },
  METADATA_STORE_REFUSED: {
    when: "the metadata store answers a call with errors of its own",
    remedy: "The message carries its words; its log may hold more.",
  },
  METADATA_STORE_SCHEMA: {
    when: "the metadata store takes or answers a call otherwise than its schema should",
    remedy:
      "Check that `MESH_CONFIG` leads to the metadata store; the message names call, place, what was expected and what was found.",
  },
  METADATA_STORE_UNREACHABLE: {
    when: "the metadata store does not answer, or its gateway answers 404, 502 or 503",
    remedy: "Start it, or correct its address in `MESH_CONFIG`.",
  },
  PROVENANCE_INVALID: {
    when: "a provenance record that comes by GraphQL does not hold versions of libraries",
    remedy: "Send `libraryVersions` as the JSON text of an object, name to version.",
  },
  RECIPE_RUN_CONFIGURATION_INVALID: {
    when: "the configuration of a recipe run does not fit its schema",
    remedy: "The message lists what is wrong.",
  },
  RECIPE_RUN_CONFLICT: {
    when: "a recipe run is registered already with another input dataset or configuration",
    remedy: "Take another id.",
  },
  RECIPE_RUN_NOT_FOUND: {
    when: "the metadata store knows no such recipe run",
    remedy: "Register it with its input dataset first.",
  },
  RECIPE_RUN_STATUS_UNKNOWN: {
    when: "a recipe run is to have a status that the metadata store does not have",
    remedy: "Create the status first.",
  },
  SERVER_CANNOT_LISTEN: {
    when: "a server cannot have the address or port that it shall listen at",
    remedy: "Name another port or host; the message carries the system's reason.",
  },
  SERVICE_CLOSED: {
    when: "a service is used after it was closed",
    remedy: "Await all its work before its scope ends.",
  },
} as const;
