export const scratchArgument = {
  type: "string",
  valueHint: "DIR",
  description: "Folder of scratch, in place of SCRATCH_BASE_PATH.",
} as const;

export const jsonArgument = { type: "boolean", default: false, description: "Print one JSON document." } as const;
